import { type Annotation, isMine } from "../domain/annotation";
import { keyOf, type Outbox, type Result, type Target } from "../domain/outbox";

/** What an annotation is about, as this page names it. A document is named by its span and its position. */
export function targetOf(kind: Target["kind"], id: string, position: number | null = null): Target {
  return { kind, id, position };
}

/** Whether two name the same thing. */
export function isSameTarget(one: Target, other: Target): boolean {
  return one.kind === other.kind && one.id === other.id && (one.position ?? null) === (other.position ?? null);
}

/**
 * What a person says at a place, as far as this browser knows: what is on its way to the server, else what was said here
 * while the answer of the server is older than that, else what the server has.
 */
export function mineAt(target: Target, name: string, me: string, annotations: readonly Annotation[], outbox: Outbox, said: ReadonlyMap<string, Result | null>): Result | null {
  const key = keyOf({ target, name, identifier: me });
  const entry = outbox.entries.findLast((one) => one.key === key);
  if (entry) return entry.result;
  const kept = annotations.find((annotation) => isMine(annotation, me) && annotation.name === name && isSameTarget(annotation.target, target));
  if (said.has(key) && outbox.versions.has(key) && outbox.versions.get(key) !== (kept?.updated_at ?? null)) return said.get(key) ?? null;
  return kept?.result ? whole(kept.result) : null;
}

function whole({ label = null, score = null, explanation = null }: NonNullable<Annotation["result"]>): Result {
  return { label, score, explanation };
}
