import { CORRECTION, FLAG, NOTE, RELEVANCE, SKIP } from "./annotation";
import type { Target } from "./outbox";
import type { Rubric } from "./rubric";

/** What users themselves say; nobody else should say it for them. */
const USERS_OWN = "user_feedback";
const NOT_ASKED = new Set([NOTE, CORRECTION, FLAG, SKIP, RELEVANCE, USERS_OWN]);

/**
 * The questions that a person is asked: the oldest first, and free text last, for it takes longest. Rubrics are given
 * newest first. Whether something is relevant is asked of documents alone.
 */
export function questionsOf(rubrics: readonly Rubric[], about: Target["kind"]): Rubric[] {
  const asked = rubrics.filter(({ name }) => !NOT_ASKED.has(name) || (about === "document" && name === RELEVANCE)).toReversed();
  return asked.toSorted((one, other) => Number(one.type === "FREEFORM") - Number(other.type === "FREEFORM"));
}

/** The questions that an item needs answered: all but free text, unless there is nothing else. */
export function requiredOf(questions: readonly Rubric[]): Rubric[] {
  const closed = questions.filter(({ type }) => type !== "FREEFORM");
  return closed.length > 0 ? closed : [...questions];
}
