import { useSyncExternalStore } from "react";

import { account } from "../account";
import { annotatorOf } from "../preferences";
import { add, type Annotation, confirmed, conflicted, discarded, due, EMPTY, type Entry, failed, hurried, nextAt, type Outbox, refused, restored, retried, seen, sending, type Wanted } from "../domain/outbox";
import { answered, client } from "./client";
import { ApiFailure } from "./failure";
import { shelf } from "./shelf";

/** A server that accepts a connection and then says nothing counts as one that does not answer. */
const PATIENCE_MS = 20_000;

const kept = shelf<Entry>("rubricate-outbox");
const listeners = new Set<() => void>();
let outbox: Outbox = EMPTY;
let timer: ReturnType<typeof setTimeout> | null = null;
let resumed: Promise<void> | null = null;

/** What is on its way to the server, as it is now. */
export function currentOutbox(): Outbox {
  return outbox;
}

/** What is on its way to the server, kept up to date. */
export function useOutbox(): Outbox {
  return useSyncExternalStore(listen, currentOutbox);
}

/** Send an annotation of this browser's person; null takes it away. It is kept until the server has it, over reloads. With `pauseMs` it waits for further changes first. */
export function post(wanted: Wanted, pauseMs = 0): void {
  become(add(outbox, wanted, pauseMs === 0 ? 0 : Date.now() + pauseMs));
  pump();
}

/** Tell which annotations the person now sees, so that a change made elsewhere since is not overwritten unseen. */
export function sawAnnotations(annotations: readonly Annotation[]): void {
  become(seen(outbox, annotations));
}

/** Send again what was refused; of a conflict: my answer over the other. */
export function retry(key: string): void {
  become(retried(outbox, key));
  pump();
}

/** Give up what was refused; of a conflict: the other answer stays. */
export function discard(key: string): void {
  become(discarded(outbox, key));
  pump();
}

/** Do not wait any longer: the person has left a text, or asks for another try. */
export function hurry(): void {
  become(hurried(outbox));
  pump();
}

/** Take up what an earlier visit could not send. Resolves when it is known what that is; safe to call again. */
export function resume(): Promise<void> {
  resumed ??= kept.all().then(
    (entries) => {
      // What somebody else said in this browser waits until that person is signed in again.
      const me = account();
      become(restored(outbox, me === null ? entries : entries.filter(({ identifier }) => identifier === annotatorOf(me.name))));
      pump();
    },
    () => undefined,
  );
  return resumed;
}

/** Resolves when nothing waits to be sent any more, or when sending it failed. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    const stop = listen(look);
    look();
    function look() {
      if (isUnderWay(outbox)) return;
      stop();
      resolve();
    }
  });
}

function isUnderWay({ entries, trouble }: Outbox): boolean {
  return trouble === null && entries.some(({ state }) => state === "waiting" || state === "sending");
}

function pump(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  const batch = due(outbox, Date.now());
  if (batch.length > 0) {
    become(sending(outbox, batch));
    void send(batch);
    return;
  }
  const at = nextAt(outbox);
  if (at !== null) timer = setTimeout(pump, Math.max(0, at - Date.now()));
}

async function send(batch: readonly Entry[]): Promise<void> {
  try {
    const outcome = batch[0]?.result === null ? await takeAway(batch[0]) : await write(batch);
    become(outcome.conflict ? conflicted(outbox, batch, outcome.conflict.index, outcome.conflict.current) : confirmed(outbox, batch, outcome.annotations));
  } catch (reason) {
    const failure = reason instanceof ApiFailure ? reason : new ApiFailure(null, String(reason));
    // Who has to sign in again comes back with all that was said.
    become(failure.passing || failure.unknown ? failed(outbox, batch, failure.message, Date.now()) : refused(outbox, batch, failure.message));
  }
  pump();
}

type Conflict = { index: number; current: Annotation | null };
type Outcome = { annotations: readonly Annotation[]; conflict: Conflict | null };

async function write(batch: readonly Entry[]): Promise<Outcome> {
  const data = batch.map(({ target: { kind, id, position }, name, identifier, result, base }) => ({
    target: { kind, id, position },
    name,
    identifier,
    annotator_kind: "HUMAN" as const,
    source: "APP" as const,
    result,
    ...(base === undefined ? {} : { if_updated_at: base }),
  }));
  const asked = client.PUT("/v1/annotations", { body: { data }, signal: AbortSignal.timeout(PATIENCE_MS) });
  const written = answered(asked).then(({ data: annotations }): Outcome => ({ annotations, conflict: null }));
  return written.catch(async (reason: unknown): Promise<Outcome> => {
    if (!(reason instanceof ApiFailure) || reason.status !== 409) throw reason;
    const { error } = await asked;
    return { annotations: [], conflict: error as Conflict };
  });
}

/** By its id, which is asked for: there is none to know of an answer whose confirmation got lost. */
async function takeAway({ project, target, name, identifier }: Entry): Promise<Outcome> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const found = await answered(
    client.GET("/v1/projects/{project_identifier}/annotations", {
      params: { path: { project_identifier: project }, query: { target_kind: target.kind, target_id: [target.id], name: [name], identifier: [identifier], annotator_kind: "HUMAN", limit: 1000 } },
      signal,
    }),
  );
  const ids = found.data.filter((annotation) => (annotation.target.position ?? null) === (target.position ?? null)).map(({ id }) => id);
  if (ids.length > 0) await answered(client.POST("/v1/annotations/delete", { body: { ids }, signal }));
  return { annotations: [], conflict: null };
}

/** Keep what changed, and tell. */
function become(next: Outbox): void {
  const before = new Map(outbox.entries.map((entry) => [entry.key, entry]));
  const after = new Map(next.entries.map((entry) => [entry.key, entry]));
  outbox = next;
  for (const [key, entry] of after) if (before.get(key) !== entry) kept.put(key, entry);
  for (const key of before.keys()) if (!after.has(key)) kept.remove(key);
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// The moment to try again is when the network is back, or when somebody looks.
if (typeof window !== "undefined") {
  window.addEventListener("online", hurry);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && outbox.trouble !== null && hurry());
  window.addEventListener("pagehide", hurry);
}
