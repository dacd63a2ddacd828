import { type Annotation, isMine } from "../domain/annotation";
import type { Answer } from "../domain/answer";
import { keyOf, type Outbox, type Result, type Target } from "../domain/outbox";
import type { Rubric } from "../domain/rubric";

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

/** What is kept when somebody answers a rubric; text is kept as the explanation. Null when nothing is said. */
export function resultOf(rubric: Rubric, answer: Answer | null, reason: string | null): Result | null {
  if (answer === null) return null;
  if (rubric.type === "FREEFORM") return answer.text ? { label: null, score: null, explanation: answer.text } : null;
  return { label: answer.label ?? null, score: answer.score ?? null, explanation: reason || null };
}

/** The answer to a rubric in what is kept. */
export function answerIn(rubric: Rubric, result: Result | null): Answer | null {
  if (result === null) return null;
  return rubric.type === "FREEFORM" ? { text: result.explanation } : { label: result.label, score: result.score };
}

function whole({ label = null, score = null, explanation = null }: NonNullable<Annotation["result"]>): Result {
  return { label, score, explanation };
}

/** What users themselves say; nobody else should say it for them. */
const USERS_OWN = "user_feedback";

/** The rubrics to ask a person, those that one key or click answers first. */
export function askedOf(rubrics: readonly Rubric[]): Rubric[] {
  const asked = rubrics.filter(({ name }) => name !== USERS_OWN);
  return [...asked.filter(({ type }) => type !== "FREEFORM"), ...asked.filter(({ type }) => type === "FREEFORM")];
}
