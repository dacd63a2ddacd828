import { currentDrafts, keepDraft } from "../../api/drafts";
import { currentOutbox, hurry, post, sawAnnotations } from "../../api/outbox";
import type { Batch, ReviewItem } from "../../api/reviewItem";
import type { Result } from "../../domain/outbox";
import type { Span } from "../../api/span";
import { draftsSince, type Event, type Session, step } from "./session";

/** What is on the screen, and what was last told to those who do not see it. */
export type State = { session: Session; says: string };

/** A session at work: each event changes it at once, and what it writes leaves at once. */
export type Desk = {
  state: () => State;
  listen: (listener: () => void) => () => void;
  send: (event: Event) => void;
  load: (batches: readonly Batch[]) => void;
  /** The steps of a trace that its item is read with. */
  around: (traceId: string | null) => readonly Span[];
};

const NONE: readonly Span[] = [];

/** Text is sent when the typing pauses for so long. */
const TYPING_PAUSE_MS = 700;

export function openDesk(project: string, first: Session): Desk {
  let state: State = { session: first, says: "" };
  const listeners = new Set<() => void>();
  const spans = new Map<string, readonly Span[]>();
  const { identifier } = first;

  const send = (event: Event) => {
    const { session, writes, says } = step(state.session, event, Date.now());
    for (const { slot, result, growing } of writes) post({ ...slot, identifier, project, result }, growing ? TYPING_PAUSE_MS : 0);
    for (const [key, text] of draftsSince(state.session, session)) keepDraft(key, text);
    if (session === state.session && says === null) return;
    if (session.at !== state.session.at) hurry(); // a text was left with its item
    state = { session, says: says ?? state.says };
    for (const listener of listeners) listener();
  };

  return {
    state: () => state,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send,
    around: (traceId) => (traceId === null ? undefined : spans.get(traceId)) ?? NONE,
    load: (batches) => {
      const items: ReviewItem[] = batches.flatMap((batch) => batch.items);
      for (const batch of batches) for (const [traceId, found] of batch.spans) spans.set(traceId, found);
      const known = new Set(state.session.entries.map(({ id }) => id));
      sawAnnotations(items.filter(({ item }) => !known.has(item.id)).flatMap(({ item }) => item.annotations));
      const wanted: Record<string, Result | null> = {};
      for (const entry of currentOutbox().entries) if (entry.identifier === identifier) wanted[entry.key] = entry.result;
      send({ type: "loaded", items, wanted, drafts: currentDrafts() });
    },
  };
}
