import type { Result } from "./outbox";
import type { ContinuousRubric, Rubric } from "./rubric";

/** What somebody says by a rubric: a label with its score, a score, or text. */
export type Answer = { label?: string | null; score?: number | null; text?: string | null };

/** One of the few things that a rubric lets people say, and the digit that says it (null past the tenth). */
export type AnswerChoice = { answer: Answer; text: string; key: string | null };

/** More steps than these are a field to type in, not buttons. */
const MOST_STEPS = 10;

/** What people choose from, in order; null when they write instead: text, or a score of a wide or open range. */
export function choicesOf(rubric: Rubric): AnswerChoice[] | null {
  if (rubric.type === "FREEFORM") return null;
  if (rubric.type === "CATEGORICAL") {
    return rubric.values.map(({ label, score }, place) => ({ answer: { label, score: score ?? null }, text: label, key: keyAt(place) }));
  }
  const scores = scoresOf(rubric);
  if (scores === null) return null;
  const digits = scores.every((score, place) => Number.isInteger(score) && score >= 0 && (score <= 9 || (score === 10 && place === 9)));
  return scores.map((score, place) => ({ answer: { score }, text: String(score), key: digits ? String(score % 10) : keyAt(place) }));
}

/** What a digit says by a rubric; null when it says nothing. */
export function answerOfKey(rubric: Rubric, key: string): Answer | null {
  return choicesOf(rubric)?.find((choice) => choice.key === key)?.answer ?? null;
}

/** Whether an answer says exactly what a choice offers. */
export function isChosen(choice: AnswerChoice, answer: Answer | null): boolean {
  if (answer === null) return false;
  return choice.answer.label === undefined ? choice.answer.score === answer.score : choice.answer.label === answer.label;
}

/** Whether an answer says anything. */
export function saysSomething(answer: Answer | null | undefined): boolean {
  return !!answer && (typeof answer.score === "number" || !!answer.label || !!answer.text?.trim());
}

/** What is kept of an answer, with its reason; text is kept as the explanation. Null when nothing is said. */
export function resultOf(rubric: Rubric, answer: Answer | null, reason: string | null): Result | null {
  if (answer === null || !saysSomething(answer)) return null;
  if (rubric.type === "FREEFORM") return { label: null, score: null, explanation: answer.text ?? null };
  return { label: answer.label ?? null, score: answer.score ?? null, explanation: reason || null };
}

/** The answer to a rubric in what is kept. */
export function answerIn(rubric: Rubric, result: Result | null): Answer | null {
  if (result === null) return null;
  return rubric.type === "FREEFORM" ? { text: result.explanation } : { label: result.label, score: result.score };
}

/** What is wrong with a score that was typed, in words; null when it can be kept. */
export function scoreProblem(rubric: ContinuousRubric, typed: string): string | null {
  const score = Number(typed);
  if (typed.trim() === "" || !Number.isFinite(score)) return "This is not a number.";
  const { lower_bound: low, upper_bound: high, step } = rubric;
  if ((typeof low === "number" && score < low) || (typeof high === "number" && score > high)) return `It has to be ${rangeOf(rubric)}.`;
  if (typeof step === "number" && !isMultiple(score - (low ?? 0), step)) return `It has to be ${rangeOf(rubric)}.`;
  return null;
}

/** The scores that a rubric allows, in words: "1 to 5 in steps of 0.5", "at least 0", "any number". */
export function rangeOf({ lower_bound: low, upper_bound: high, step }: ContinuousRubric): string {
  const steps = typeof step === "number" ? ` in steps of ${step}` : "";
  if (typeof low === "number" && typeof high === "number") return `${low} to ${high}${steps}`;
  if (typeof low === "number") return `at least ${low}${steps}`;
  return typeof high === "number" ? `at most ${high}${steps}` : `any number${steps}`;
}

/** Each score of a short range; null for one that is open, or has too many. A range of whole numbers has whole steps. */
function scoresOf({ lower_bound: low, upper_bound: high, step }: ContinuousRubric): number[] | null {
  if (typeof low !== "number" || typeof high !== "number") return null;
  const whole = Number.isInteger(low) && Number.isInteger(high) && high - low > 1;
  const by = step ?? (whole ? 1 : null);
  if (by === null || by <= 0) return null;
  const steps = Math.floor((high - low) / by + ROUNDING);
  if (steps < 1 || steps > MOST_STEPS) return null;
  return Array.from({ length: steps + 1 }, (_, place) => Number((low + place * by).toFixed(DECIMALS)));
}

/** 0.1 + 0.2 is not 0.3 to a computer, but it is to people. */
const DECIMALS = 9;
const ROUNDING = 1e-9;

function isMultiple(distance: number, step: number): boolean {
  const steps = distance / step;
  return Math.abs(steps - Math.round(steps)) < ROUNDING * Math.max(1, Math.abs(steps));
}

/** The digit at a place, as they lie on the keyboard: 1 to 9, then 0. */
function keyAt(place: number): string | null {
  return place < 10 ? String((place + 1) % 10) : null;
}
