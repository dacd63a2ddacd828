import { expect, test } from "vitest";

import type { CategoricalRubric, ContinuousRubric } from "../../domain/rubric";
import { changesOf } from "./change";

const correctness: CategoricalRubric = {
  type: "CATEGORICAL",
  id: "1",
  name: "correctness",
  description: "Is it right?",
  optimization_direction: "MAXIMIZE",
  values: [
    { label: "correct", score: 1 },
    { label: "incorrect", score: 0 },
  ],
};
const rating: ContinuousRubric = { type: "CONTINUOUS", id: "1", name: "correctness", description: "Is it right?", optimization_direction: "MAXIMIZE", lower_bound: 1, upper_bound: 5 };

test.each([
  [{ ...correctness, name: "truth" }, ["Renamed from “correctness” to “truth”."]],
  [{ ...correctness, description: null }, ["The question was taken away."]],
  [{ ...correctness, guideline: "Look it up." }, ["A guideline was written."]],
  [{ ...correctness, optimization_direction: "NONE" as const }, ["Now scores have no order; before, a high score is good."]],
  [{ ...correctness, values: correctness.values.toReversed() }, ["The order is “incorrect”, “correct”."]],
  [{ ...correctness, values: [{ label: "correct", score: 1 }, { label: "partial" }, { label: "incorrect", score: 0.1, glyph: "✗" }] }, ["New: “partial”.", "“incorrect” scores 0.1, before 0.", "“incorrect” is shown as ✗."]],
  [{ ...correctness, values: [{ label: "correct", score: null, description: "All of it." }] }, ["Gone: “incorrect”.", "“correct” scores nothing, before 1.", "“correct” means: All of it."]],
  [rating, ["Asks for a score instead of labels."]],
  [correctness, ["Something that this page does not show."]],
])("%o", (after, changes) => {
  expect(changesOf(correctness, after)).toEqual(changes);
});

test("a range in words", () => {
  expect(changesOf(rating, { ...rating, step: 0.5, upper_bound: 10 })).toEqual(["The score is 1 to 10 in steps of 0.5, before it was 1 to 5."]);
});
