import type { ReviewItem } from "../../api/reviewItem";
import { CORRECTION, FLAG, NOTE, SKIP } from "../../domain/annotation";
import { type Answer, answerIn as answerOf, resultOf, saysSomething } from "../../domain/answer";
import { keyOf, type Result, type Target } from "../../domain/outbox";
import { requiredOf } from "../../domain/question";
import type { Rubric } from "../../domain/rubric";

/** What one person said in one place of an item: the item itself, or one of its documents. */
export type Slot = { target: Target; name: string };

/** An item with what I said of it. `drafts` are reasons for questions that have no answer yet, by the question. */
export type Entry = { id: string; review: ReviewItem; mine: Readonly<Record<string, Result>>; drafts: Readonly<Record<string, string>> };

type Edit = { slot: Slot; before: Result | null; after: Result | null };

/** One thing done that can be undone: where the mark stood, and what was said before and after. */
type Change = { item: string; marked: number; edits: readonly Edit[]; growing: boolean; says: string };

/** One person going through items. Everything on the screen that is not the network follows from it. */
export type Session = {
  identifier: string;
  questions: readonly Rubric[];
  stays: boolean;
  entries: readonly Entry[];
  /** Place of the item shown; past the last when there is none (yet). */
  at: number;
  /** Place of the question that digits answer. */
  marked: number;
  /** The question answered last on this item: what a reason is for. */
  last: string | null;
  /** Place of the document that digits judge; null when they answer the question. */
  document: number | null;
  done: readonly Change[];
  undone: readonly Change[];
  /** Items before the first one loaded, and all; `total` is null until counted. */
  before: number;
  total: number | null;
  /** Items finished here when the questions were put, which is when the counts are asked for: later ones are not in them. */
  finishedWhenAsked: number;
  shownAt: number;
  /** Seconds spent on each item finished here. */
  pace: readonly number[];
};

/** What happened. Whatever answers carries the item and the question that were on the screen at that moment. */
export type Event =
  | { type: "loaded"; items: readonly ReviewItem[]; wanted: Readonly<Record<string, Result | null>>; drafts: ReadonlyMap<string, string> }
  | { type: "asked"; questions: readonly Rubric[]; stays: boolean }
  | { type: "counted"; finished: number; total: number }
  | { type: "answered"; item: string; question: string; answer: Answer | null; settled: boolean }
  | { type: "reasoned"; item: string; question: string; text: string }
  | { type: "wrote"; item: string; name: typeof NOTE | typeof CORRECTION; text: string }
  | { type: "judged"; item: string; slot: Slot; place: number; of: number; result: Result }
  | { type: "flagged"; item: string }
  | { type: "skipped"; item: string }
  | { type: "moved"; item: string | null; by: 1 | -1 }
  | { type: "marked"; question: number }
  | { type: "documents"; place: number | null }
  | { type: "undo" }
  | { type: "redo" };

/** What to send, and what to say to somebody who does not see the screen. */
export type Step = { session: Session; writes: readonly { slot: Slot; result: Result | null; growing: boolean }[]; says: string | null };

/** Longer than this on one item was a break. */
const LONGEST_SECONDS = 180;

export function begin(identifier: string, questions: readonly Rubric[], stays: boolean, now: number): Session {
  return { identifier, questions, stays, entries: [], at: 0, marked: 0, last: null, document: null, done: [], undone: [], before: 0, total: null, finishedWhenAsked: 0, shownAt: now, pace: [] };
}

export function step(session: Session, event: Event, now: number): Step {
  switch (event.type) {
    case "loaded":
      return quiet(loaded(session, event, now));
    case "asked":
      return quiet(asked(session, event, now));
    case "counted":
      return quiet({ ...session, before: Math.max(event.finished - session.finishedWhenAsked, 0), total: event.total });
    case "answered":
      return answered(session, event, now);
    case "reasoned":
      return reasoned(session, event);
    case "wrote": {
      const slot = slotOf(session, event.item, event.name);
      const result = event.text.trim() === "" ? null : { label: null, score: null, explanation: event.text };
      return changed(session, event.item, slot ? [[slot, result]] : [], { growing: true, says: event.name });
    }
    case "judged": {
      const next = changed(session, event.item, [[event.slot, event.result]], { says: "document" });
      const place = event.place + 1 < event.of ? event.place + 1 : null;
      const says = `Saved ${event.result.label ?? ""} for document ${event.place + 1}.${place === null ? "" : ` Document ${place + 1} of ${event.of}.`}`;
      return { ...next, session: { ...next.session, document: session.document === null ? null : place }, says };
    }
    case "flagged": {
      const slot = slotOf(session, event.item, FLAG);
      if (!slot) return quiet(session);
      const flagged = saidIn(session, event.item, slot) === null;
      return { ...changed(session, event.item, [[slot, flagged ? { label: "flagged", score: null, explanation: null } : null]], { says: "flag" }), says: flagged ? "Flagged." : "No longer flagged." };
    }
    case "skipped":
      return skipped(session, event.item, now);
    case "moved":
      return event.item === null || event.item === current(session)?.id || event.by === -1 ? told(goTo(session, session.at + event.by, now)) : quiet(session);
    case "marked":
      return quiet({ ...session, marked: event.question, document: null });
    case "documents":
      return quiet({ ...session, document: event.place });
    case "undo":
      return takenBack(session, now);
    case "redo":
      return doneAgain(session, now);
  }
}

/** The item on the screen; undefined when there is none. */
export function current({ entries, at }: Session): Entry | undefined {
  return entries[at];
}

/** What I said of an item in answer to a question, or under another name; null for nothing. */
export function mineOf(session: Session, entry: Entry, name: string): Result | null {
  const slot = slotOf(session, entry.id, name);
  return slot === null ? null : (entry.mine[slotKey(session, slot)] ?? null);
}

/** Reasons that wait for their answer, by the place of the answer, where they are others than before; empty for those that wait no more. */
export function draftsSince(before: Session, session: Session): [key: string, text: string][] {
  if (before.entries === session.entries) return [];
  const known = new Map(before.entries.map((entry) => [entry.id, entry.drafts]));
  return session.entries.flatMap(({ id, drafts, review }) => {
    const was = known.get(id) ?? {};
    if (drafts === was) return [];
    const changes = Object.entries(drafts).filter(([question, text]) => text !== (was[question] ?? ""));
    return changes.map(([name, text]): [string, string] => [slotKey(session, { target: slotTarget(review), name }), text]);
  });
}

/** What I said of one document. */
export function mineOfDocument(session: Session, entry: Entry, slot: Slot): Result | null {
  return entry.mine[slotKey(session, slot)] ?? null;
}

/** What the form shows for a question. */
export function answerIn(session: Session, entry: Entry, question: Rubric): Answer | null {
  return answerOf(question, mineOf(session, entry, question.name));
}

/** Whether each question that needs an answer has one. */
export function isAnswered(session: Session, entry: Entry): boolean {
  return requiredOf(session.questions).every((question) => saysSomething(answerIn(session, entry, question)));
}

/** The question that a reason now is for: the one just answered, else the marked one. Free text needs no reason. */
export function reasonFor(session: Session): Rubric | null {
  const { questions, last, marked } = session;
  const one = questions.find(({ name }) => name === last) ?? questions[marked];
  return one !== undefined && one.type !== "FREEFORM" ? one : (questions.find(({ type }) => type !== "FREEFORM") ?? null);
}

/** The reason for an answer, or what was written of it so far. */
export function reasonIn(session: Session, entry: Entry, question: Rubric): string {
  return mineOf(session, entry, question.name)?.explanation ?? entry.drafts[question.name] ?? "";
}

/** Which item of all this is, counted from 1, and how many are finished; null until it is known how many there are. */
export function progressOf(session: Session): { number: number; finished: number; total: number } | null {
  if (session.total === null) return null;
  const finished = finishedIn(session);
  const known = session.before + session.entries.length;
  return { number: session.before + session.at + 1, finished: session.before + finished, total: Math.max(session.total, known) };
}

/** Minutes that the rest will take at the usual pace; null until there is one. */
export function minutesLeft(session: Session): number | null {
  const progress = progressOf(session);
  if (session.pace.length < 3 || progress === null) return null;
  const sorted = session.pace.slice(-30).toSorted((one, other) => one - other);
  const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return (usual * Math.max(progress.total - progress.finished, 0)) / 60;
}

/** How many of the items that were loaded are answered or skipped. */
function finishedIn(session: Session): number {
  return session.entries.filter((entry) => isAnswered(session, entry) || mineOf(session, entry, SKIP) !== null).length;
}

/** Other questions about the same items. What was seen stays, so that it can be undone; what comes is found by the new questions. */
function asked(session: Session, { questions, stays }: Event & { type: "asked" }, now: number): Session {
  if (questions === session.questions && stays === session.stays) return session;
  const isSame = questions.length === session.questions.length && questions.every(({ name }, place) => name === session.questions[place]?.name);
  if (isSame) return { ...session, questions, stays };
  const changes = new Set([...session.done, ...session.undone].map(({ item }) => item));
  const entries = session.entries.filter(({ id }, place) => place <= session.at || changes.has(id));
  const next = { ...session, questions, stays, entries };
  return arrived({ ...next, finishedWhenAsked: finishedIn(next) }, now);
}

function loaded(session: Session, { items, wanted, drafts }: Event & { type: "loaded" }, now: number): Session {
  const known = new Set(session.entries.map(({ id }) => id));
  const fresh = items.filter(({ item }) => !known.has(item.id)).map((review) => entryOf(review, session.identifier, wanted, drafts));
  if (fresh.length === 0) return session;
  const next = { ...session, entries: [...session.entries, ...fresh] };
  return session.at < session.entries.length ? next : arrived(next, now);
}

/** An item with what I said of it: what the server has, and over it what is still on its way there. */
function entryOf(review: ReviewItem, identifier: string, wanted: Readonly<Record<string, Result | null>>, drafts: ReadonlyMap<string, string>): Entry {
  const mine: Record<string, Result> = {};
  for (const { target, name, result } of review.item.annotations) {
    const said = wanted[keyOf({ target, name, identifier })];
    const stands = said === undefined ? { label: result?.label ?? null, score: result?.score ?? null, explanation: result?.explanation ?? null } : said;
    if (stands !== null) mine[keyOf({ target, name, identifier })] = stands;
  }
  const own = slotTarget(review);
  for (const [key, result] of Object.entries(wanted)) {
    const [kind, id] = JSON.parse(key) as [string, string];
    if (result !== null && ((kind === own.kind && id === own.id) || (kind === "document" && review.steps.some(({ span_id }) => span_id === id)))) mine[key] = result;
  }
  const reasons: Record<string, string> = {};
  for (const [key, text] of drafts) {
    const [kind, id, position, name, author] = JSON.parse(key) as [string, string, number | null, string, string];
    if (kind === own.kind && id === own.id && position === null && author === identifier) reasons[name] = text;
  }
  return { id: review.item.id, review, mine, drafts: reasons };
}

function answered(session: Session, { item, question, answer, settled }: Event & { type: "answered" }, now: number): Step {
  const place = session.questions.findIndex(({ name }) => name === question);
  const rubric = session.questions[place];
  const entry = session.entries.find(({ id }) => id === item);
  const slot = slotOf(session, item, question);
  const skip = slotOf(session, item, SKIP);
  if (!rubric || !entry || !slot || !skip) return quiet(session);

  const complete = isAnswered(session, entry);
  const edits: [Slot, Result | null][] = [[slot, resultOf(rubric, answer, reasonIn(session, entry, rubric))]];
  if (saidIn(session, item, skip) !== null && saysSomething(answer)) edits.push([skip, null]);
  const { session: next, writes } = changed(session, item, edits, { growing: !settled && rubric.type === "FREEFORM", says: question });
  const after = next.entries.find(({ id }) => id === item);
  if (!after || item !== current(next)?.id) return { session: next, writes, says: null }; // an answer to what is no longer shown
  if (!settled || !saysSomething(answer)) return { session: { ...next, marked: rubric.type === "FREEFORM" ? next.marked : place, last: question }, writes, says: null };

  const said = `Saved ${wordFor(answer)}.`;
  const following = nextQuestion(next, after, place, complete);
  if (following !== null) return { session: { ...next, marked: following, last: question }, writes, says: `${said} ${next.questions[following]?.name ?? ""}.` };
  const finished = complete ? next : { ...next, pace: [...next.pace, Math.min((now - session.shownAt) / 1000, LONGEST_SECONDS)] };
  if (session.stays) return { session: { ...finished, last: question }, writes, says: said };
  const moved = goTo(finished, finished.at + 1, now);
  return { session: moved, writes, says: `${said} ${placeIn(moved)}` };
}

/** Where the mark goes after an answer: on to the next that needs one, in order; null when the item is finished. */
function nextQuestion(session: Session, entry: Entry, from: number, wasComplete: boolean): number | null {
  const required = new Set(requiredOf(session.questions));
  const open = (question: Rubric) => required.has(question) && !saysSomething(answerIn(session, entry, question));
  const after = session.questions.findIndex((question, place) => place > from && (wasComplete ? required.has(question) : open(question)));
  if (after !== -1) return after;
  const missing = session.questions.findIndex(open);
  return missing === -1 ? null : missing;
}

function reasoned(session: Session, { item, question, text }: Event & { type: "reasoned" }): Step {
  const slot = slotOf(session, item, question);
  const said = slot && saidIn(session, item, slot);
  if (slot && said) return changed(session, item, [[slot, { ...said, explanation: text.trim() === "" ? null : text }]], { growing: true, says: `the reason for ${question}` });
  const entries = session.entries.map((entry) => (entry.id === item ? { ...entry, drafts: { ...entry.drafts, [question]: text } } : entry));
  return quiet({ ...session, entries });
}

function skipped(session: Session, item: string, now: number): Step {
  const slot = slotOf(session, item, SKIP);
  if (!slot || item !== current(session)?.id) return quiet(session);
  const { session: next, writes } = changed(session, item, [[slot, { label: "skipped", score: null, explanation: null }]], { says: "skip" });
  const moved = goTo(next, next.at + 1, now);
  return { session: moved, writes, says: `Skipped. ${placeIn(moved)}` };
}

function takenBack(session: Session, now: number): Step {
  const change = session.done.at(-1);
  if (!change) return { ...quiet(session), says: "There is nothing to undo." };
  const next = applied(session, change.item, change.edits.map(({ slot, before }) => [slot, before]));
  const shown = { ...goTo(next, placeOf(session, change.item), now), marked: Math.min(change.marked, session.questions.length - 1), done: session.done.slice(0, -1), undone: [...session.undone, change] };
  return { session: shown, writes: change.edits.map(({ slot, before }) => ({ slot, result: before, growing: false })), says: `Undone: ${change.says}. ${placeIn(shown)}` };
}

function doneAgain(session: Session, now: number): Step {
  const change = session.undone.at(-1);
  if (!change) return { ...quiet(session), says: "There is nothing to redo." };
  const next = applied(session, change.item, change.edits.map(({ slot, after }) => [slot, after]));
  const shown = { ...goTo(next, placeOf(session, change.item), now), done: [...session.done, change], undone: session.undone.slice(0, -1) };
  return { session: shown, writes: change.edits.map(({ slot, after }) => ({ slot, result: after, growing: false })), says: `Done again: ${change.says}. ${placeIn(shown)}` };
}

/** Say something of an item, so that it can be undone. Further letters of one text are one change. */
function changed(session: Session, item: string, said: readonly (readonly [Slot, Result | null])[], { growing = false, says }: { growing?: boolean; says: string }): Step {
  const edits = said.map(([slot, after]): Edit => ({ slot, before: saidIn(session, item, slot), after })).filter(({ before, after }) => !same(before, after));
  if (edits.length === 0) return quiet(session);
  const change: Change = { item, marked: session.marked, edits, growing, says };
  const before = session.done.at(-1);
  const done = before && grown(before, change) ? [...session.done.slice(0, -1), joined(before, change)] : [...session.done, change];
  return {
    session: { ...applied(session, item, edits.map(({ slot, after }) => [slot, after])), done, undone: [] },
    writes: edits.map(({ slot, after }) => ({ slot, result: after, growing })),
    says: null,
  };
}

function grown(before: Change, change: Change): boolean {
  const [one] = before.edits;
  const [other] = change.edits;
  return before.growing && change.growing && before.item === change.item && before.edits.length === 1 && change.edits.length === 1 && one?.slot.name === other?.slot.name;
}

/** Two changes of one text as one. */
function joined(before: Change, change: Change): Change {
  const [first] = before.edits;
  const [last] = change.edits;
  return first && last ? { ...before, edits: [{ ...first, after: last.after }] } : change;
}

/** Says it, or takes it away. A reason goes with its answer, and stays as a draft when the answer is taken away. */
function applied(session: Session, item: string, said: readonly (readonly [Slot, Result | null])[]): Session {
  const at = placeOf(session, item);
  const entry = session.entries[at];
  if (!entry) return session;
  const mine = { ...entry.mine };
  const drafts = { ...entry.drafts };
  for (const [slot, result] of said) {
    const key = slotKey(session, slot);
    const question = session.questions.find(({ name }) => name === slot.name);
    if (question !== undefined && question.type !== "FREEFORM") drafts[question.name] = result === null ? (mine[key]?.explanation ?? "") : "";
    if (result === null) delete mine[key];
    else mine[key] = result;
  }
  return { ...session, entries: session.entries.with(at, { ...entry, mine, drafts }) };
}

function goTo(session: Session, at: number, now: number): Session {
  const place = Math.max(0, Math.min(at, session.entries.length));
  return place === session.at ? session : arrived({ ...session, at: place }, now);
}

/** An item comes on the screen: the first question without an answer is marked. */
function arrived(session: Session, now: number): Session {
  const entry = current(session);
  const open = entry ? session.questions.findIndex((question) => requiredOf(session.questions).includes(question) && !saysSomething(answerIn(session, entry, question))) : -1;
  const first = Math.max(0, session.questions.findIndex((question) => requiredOf(session.questions).includes(question)));
  return { ...session, marked: open === -1 ? first : open, last: null, document: null, shownAt: now };
}

function wordFor(answer: Answer | null): string {
  return answer?.label ?? (typeof answer?.score === "number" ? String(answer.score) : "text");
}

function placeIn(session: Session): string {
  if (!current(session)) return "That was the last item.";
  const progress = progressOf(session);
  return progress ? `Item ${progress.number} of ${progress.total}.` : "Another item.";
}

function slotOf(session: Session, item: string, name: string): Slot | null {
  const entry = session.entries.find(({ id }) => id === item);
  return entry ? { target: slotTarget(entry.review), name } : null;
}

function slotTarget({ item }: ReviewItem): Target {
  return { kind: item.target_kind, id: item.id, position: null };
}

function slotKey({ identifier }: Session, slot: Slot): string {
  return keyOf({ ...slot, identifier });
}

function saidIn(session: Session, item: string, slot: Slot): Result | null {
  return session.entries.find(({ id }) => id === item)?.mine[slotKey(session, slot)] ?? null;
}

function placeOf({ entries }: Session, item: string): number {
  return entries.findIndex(({ id }) => id === item);
}

function same(one: Result | null, other: Result | null): boolean {
  return one === other || (one !== null && other !== null && one.label === other.label && one.score === other.score && one.explanation === other.explanation);
}

function quiet(session: Session): Step {
  return { session, writes: [], says: null };
}

function told(session: Session): Step {
  return { session, writes: [], says: placeIn(session) };
}
