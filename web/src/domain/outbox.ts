import type { components } from "../api/schema";

export type Annotation = components["schemas"]["Annotation"];
export type Target = components["schemas"]["AnnotationTarget"];

/** What an annotation says; a field that it leaves open is null. */
export type Result = { label: string | null; score: number | null; explanation: string | null };

/** Where an annotation of a person stands. Writing there again replaces it, so writing is safe to repeat. */
export type Place = { target: Target; name: string; identifier: string };

/** What a person wants to stand at a place of a project; null takes away what stands there. */
export type Wanted = Place & { project: string; result: Result | null };

/**
 * Something wanted that the server has not confirmed. `base` is the version (`updated_at`) that the person saw at the
 * place, null for none; undefined writes whatever stands there. `tried` was sent, and its answer never came. `refused` and
 * `conflict` wait for the person, with the `reason`, and for a conflict with what `stands` there instead.
 */
export type Entry = Wanted & {
  key: string;
  readyAt: number;
  base: string | null | undefined;
  state: "waiting" | "sending" | "refused" | "conflict";
  alone: boolean;
  tried: readonly (Result | null)[];
  reason: string | null;
  stands: Annotation | null;
};

/** What is on its way to the server, in order. `failures` counts tries in a row that reached nobody. */
export type Outbox = {
  entries: readonly Entry[];
  versions: ReadonlyMap<string, string | null>;
  failures: number;
  retryAt: number;
  trouble: string | null;
};

export const EMPTY: Outbox = { entries: [], versions: new Map(), failures: 0, retryAt: 0, trouble: null };

const MOST_IN_A_BATCH = 50;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;

/** One place as one string. */
export function keyOf({ target, name, identifier }: Place): string {
  return JSON.stringify([target.kind, target.id, target.position ?? null, name, identifier]);
}

/** Take up what a person wants, to be sent from `readyAt` on. What waits for the same place is replaced. */
export function add(outbox: Outbox, wanted: Wanted, readyAt: number): Outbox {
  const key = keyOf(wanted);
  const at = outbox.entries.findIndex((entry) => entry.key === key && entry.state !== "sending");
  const waiting = outbox.entries[at];
  const base = waiting ? waiting.base : (outbox.versions.get(key) ?? null);
  const entry: Entry = { ...wanted, key, readyAt, base, state: "waiting", alone: waiting?.alone ?? false, tried: waiting?.tried ?? [], reason: null, stands: null };
  return { ...outbox, entries: waiting ? outbox.entries.with(at, entry) : [...outbox.entries, entry] };
}

/** Take up what an earlier visit could not send. What is wanted here already is newer. */
export function restored(outbox: Outbox, kept: readonly Entry[]): Outbox {
  const known = new Set(outbox.entries.map(({ key }) => key));
  const back = kept.filter(({ key }) => !known.has(key)).map((entry) => (entry.state === "sending" ? but(entry, { state: "waiting" }) : entry));
  return { ...outbox, entries: [...back, ...outbox.entries] };
}

/** Learn which versions stand on the server, as read at the same time as what the person now sees. */
export function seen(outbox: Outbox, annotations: readonly Annotation[]): Outbox {
  const versions = new Map(outbox.versions);
  for (const annotation of annotations) {
    const key = keyOf(annotation);
    if (annotation.updated_at > (versions.get(key) ?? "")) versions.set(key, annotation.updated_at);
  }
  return { ...outbox, versions };
}

/** What to send now, in order: several to write, or one to take away. Nothing while something is on its way. */
export function due({ entries, retryAt }: Outbox, now: number): Entry[] {
  if (now < retryAt || entries.some(({ state }) => state === "sending")) return [];
  const ready = entries.filter(({ state, readyAt }) => state === "waiting" && readyAt <= now);
  const [first] = ready;
  if (!first) return [];
  if (first.result === null || first.alone) return [first];
  const stop = ready.findIndex((entry) => entry.result === null || entry.alone || entry.project !== first.project);
  return ready.slice(0, Math.min(stop === -1 ? ready.length : stop, MOST_IN_A_BATCH));
}

/** When there will be something to send, null when nothing waits for its time. */
export function nextAt({ entries, retryAt }: Outbox): number | null {
  if (entries.some(({ state }) => state === "sending")) return null;
  const times = entries.filter(({ state }) => state === "waiting").map(({ readyAt }) => readyAt);
  return times.length === 0 ? null : Math.max(Math.min(...times), retryAt);
}

export function sending(outbox: Outbox, batch: readonly Entry[]): Outbox {
  const keys = new Set(batch.map(({ key }) => key));
  const entries = outbox.entries.map((entry): Entry => (keys.has(entry.key) ? { ...entry, state: "sending", tried: [...entry.tried.slice(-4), entry.result] } : entry));
  return { ...outbox, entries };
}

/** The server has them. `annotations` are what now stands there, none for what was taken away. */
export function confirmed(outbox: Outbox, batch: readonly Entry[], annotations: readonly Annotation[]): Outbox {
  const versions = new Map(outbox.versions);
  for (const { key } of batch) versions.set(key, null);
  for (const annotation of annotations) versions.set(keyOf(annotation), annotation.updated_at);
  const done = new Set(batch.map(({ key }) => key));
  const entries = outbox.entries
    .filter(({ key, state }) => !(done.has(key) && state === "sending"))
    .map((entry) => (done.has(entry.key) ? but(entry, { base: versions.get(entry.key), tried: [] }) : entry));
  return { entries, versions, failures: 0, retryAt: 0, trouble: null };
}

/** Nobody answered, or not for long: everything waits and is tried again, at ever longer intervals. */
export function failed(outbox: Outbox, batch: readonly Entry[], reason: string, now: number): Outbox {
  const failures = outbox.failures + 1;
  const waiting = changed(outbox, batch, (entry) => ({ ...entry, state: "waiting" }));
  return { ...waiting, entries: latest(waiting.entries), failures, retryAt: now + pauseAfter(failures), trouble: reason };
}

/** The server said no. One stays with the reason; of several nobody knows which, so each is tried alone. */
export function refused(outbox: Outbox, batch: readonly Entry[], reason: string): Outbox {
  return answeredNo(outbox, batch, (entry) => ({ ...entry, state: "refused", reason }));
}

/** Something else stands there than the person saw. If it is what they said themselves, only the answer got lost. */
export function conflicted(outbox: Outbox, batch: readonly Entry[], index: number, stands: Annotation | null): Outbox {
  const one = batch[index];
  const ours = outbox.entries.find(({ key, state }) => key === one?.key && state === "sending");
  if (!ours) return refused(outbox, batch, "The annotation was changed by somebody else.");
  const mine = ours.tried.some((result) => isSame(result, stands?.result ?? null));
  const next = changed(outbox, batch, (entry) => {
    if (entry.key !== ours.key) return { ...entry, state: "waiting" };
    return mine ? { ...entry, state: "waiting", base: stands?.updated_at ?? null } : { ...entry, state: "conflict", stands };
  });
  return { ...next, entries: latest(next.entries), failures: 0, retryAt: 0, trouble: null };
}

/** Send again what was refused; of a conflict: what I want, over what stands there. */
export function retried(outbox: Outbox, key: string): Outbox {
  return {
    ...outbox,
    retryAt: 0,
    entries: outbox.entries.map((entry) =>
      entry.key === key && (entry.state === "refused" || entry.state === "conflict")
        ? { ...entry, state: "waiting", readyAt: 0, base: entry.state === "conflict" ? undefined : entry.base, tried: [], reason: null, stands: null }
        : entry,
    ),
  };
}

/** Give up what was refused; of a conflict: what stands there stays. */
export function discarded(outbox: Outbox, key: string): Outbox {
  return { ...outbox, entries: outbox.entries.filter((entry) => entry.key !== key || entry.state === "sending") };
}

/** Everything at once: no more pauses for typing, no more waiting for the server. */
export function hurried(outbox: Outbox): Outbox {
  return { ...outbox, retryAt: 0, entries: outbox.entries.map((entry) => (entry.readyAt === 0 ? entry : { ...entry, readyAt: 0 })) };
}

/** What a person has to know: all is saved, some is on its way, some waits for the server, some waits for them. */
export type Status = { state: "saved" } | { state: "saving"; count: number } | { state: "waiting"; count: number; reason: string } | { state: "stuck"; entries: readonly Entry[]; waiting: number };

export function statusOf({ entries, trouble }: Outbox): Status {
  const stuck = entries.filter(({ state }) => state === "refused" || state === "conflict");
  const waiting = entries.length - stuck.length;
  if (stuck.length > 0) return { state: "stuck", entries: stuck, waiting };
  if (waiting === 0) return { state: "saved" };
  return trouble === null ? { state: "saving", count: waiting } : { state: "waiting", count: waiting, reason: trouble };
}

/** How long to wait after so many tries in vain: half a second, doubled each time, up to eight. */
export function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
}

function but(entry: Entry, change: Partial<Entry>): Entry {
  return { ...entry, ...change };
}

function answeredNo(outbox: Outbox, batch: readonly Entry[], refuse: (entry: Entry) => Entry): Outbox {
  const next = changed(outbox, batch, batch.length === 1 ? refuse : (entry) => ({ ...entry, state: "waiting", alone: true }));
  return { ...next, entries: latest(next.entries), failures: 0, retryAt: 0, trouble: null };
}

function changed(outbox: Outbox, batch: readonly Entry[], change: (entry: Entry) => Entry): Outbox {
  const sent = new Set(batch.map(({ key }) => key));
  return { ...outbox, entries: outbox.entries.map((entry) => (sent.has(entry.key) && entry.state === "sending" ? change(entry) : entry)) };
}

/** One entry for each place, the newest wish with the oldest base: nothing between them has reached the server. */
function latest(entries: readonly Entry[]): Entry[] {
  const newest = new Map<string, Entry>();
  for (const entry of entries) {
    const before = newest.get(entry.key);
    newest.set(entry.key, before ? { ...entry, base: before.base, tried: before.tried } : entry);
  }
  return [...newest.values()];
}

function isSame(wanted: Result | null, stands: components["schemas"]["AnnotationResult"] | null): boolean {
  return (["label", "score", "explanation"] as const).every((field) => (wanted?.[field] ?? null) === (stands?.[field] ?? null));
}
