import { expect, test } from "vitest";

import { type CategoricalRubric, standingOf } from "./rubric";

const correctness: CategoricalRubric = {
  type: "CATEGORICAL",
  id: "1",
  name: "correctness",
  optimization_direction: "MAXIMIZE",
  values: [
    { label: "incorrect", score: 0 },
    { label: "partial", score: 0.5 },
    { label: "correct", score: 1 },
  ],
};

test.each([
  ["correct", "good"],
  ["partial", "middle"],
  ["incorrect", "bad"],
  ["unheard of", null],
])("%s is %s", (label, standing) => {
  expect(standingOf(correctness, label)).toBe(standing);
});

test("what is to be small is good when it is small", () => {
  const toxicity: CategoricalRubric = { ...correctness, optimization_direction: "MINIMIZE" };
  expect(standingOf(toxicity, "incorrect")).toBe("good");
});

test("a label without a score leaves the others what they are", () => {
  const open: CategoricalRubric = { ...correctness, values: [...correctness.values, { label: "no answer" }] };
  expect(["correct", "incorrect", "no answer"].map((label) => standingOf(open, label))).toEqual(["good", "bad", null]);
});

test("labels without an order have only a place", () => {
  expect(standingOf({ ...correctness, optimization_direction: "NONE" }, "partial")).toEqual({ place: 1 });
  expect(standingOf({ ...correctness, values: [{ label: "a" }, { label: "b" }] }, "b")).toEqual({ place: 1 });
  expect(standingOf(undefined, "a")).toBeNull();
});
