import type { components } from "../api/schema";
import type { Standing } from "../ui/LabelChip";

export type Rubric = components["schemas"]["StoredCategoricalRubric"] | components["schemas"]["StoredContinuousRubric"] | components["schemas"]["StoredFreeformRubric"];
export type CategoricalRubric = components["schemas"]["StoredCategoricalRubric"];
export type ContinuousRubric = components["schemas"]["StoredContinuousRubric"];

/** A rubric before the server gave it an id. */
export type NewRubric = components["schemas"]["CategoricalRubric"] | components["schemas"]["ContinuousRubric"] | components["schemas"]["FreeformRubric"];

/**
 * How good a label is by its rubric: the best score is good, the worst is bad, what lies between is in the middle. Labels
 * of a rubric without a direction, or without two scores to compare, have only a place. Null for a label that the rubric
 * does not know, and for one without a score among others that have some.
 */
export function standingOf(rubric: Rubric | undefined, label: string): Standing {
  if (rubric?.type !== "CATEGORICAL") return null;
  const place = rubric.values.findIndex((value) => value.label === label);
  const value = rubric.values[place];
  if (!value) return null;
  const scores = rubric.values.map(({ score }) => score).filter((score) => typeof score === "number");
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  if (rubric.optimization_direction === "NONE" || scores.length < 2 || low === high) return { place };
  if (typeof value.score !== "number") return null;
  const [best, worst] = rubric.optimization_direction === "MAXIMIZE" ? [high, low] : [low, high];
  if (value.score === best) return "good";
  return value.score === worst ? "bad" : "middle";
}
