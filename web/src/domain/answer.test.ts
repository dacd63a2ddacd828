import { describe, expect, test } from "vitest";

import { answerIn, answerOfKey, choicesOf, isChosen, rangeOf, resultOf, saysSomething, scoreProblem } from "./answer";
import type { CategoricalRubric, ContinuousRubric, Rubric } from "./rubric";

function rating(lower_bound: number | null, upper_bound: number | null, step: number | null = null): ContinuousRubric {
  return { type: "CONTINUOUS", id: "1", name: "helpfulness", optimization_direction: "MAXIMIZE", lower_bound, upper_bound, step };
}

const verdict: CategoricalRubric = {
  type: "CATEGORICAL",
  id: "1",
  name: "verdict",
  optimization_direction: "NONE",
  values: [...Array.from({ length: 10 }, (_, place) => ({ label: `label ${place}`, score: place })), { label: "eleventh" }],
};

describe("the keys of a rubric", () => {
  test("labels are on the digits as they lie on the keyboard, and the eleventh has none", () => {
    expect(choicesOf(verdict)?.map(({ key }) => key)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", null]);
    expect(answerOfKey(verdict, "2")).toEqual({ label: "label 1", score: 1 });
    expect(answerOfKey(verdict, "0")).toEqual({ label: "label 9", score: 9 });
  });

  test.each([
    [rating(1, 5), ["1", "2", "3", "4", "5"], ["1", "2", "3", "4", "5"]],
    [rating(0, 3), ["0", "1", "2", "3"], ["0", "1", "2", "3"]], // the digit is the score
    [rating(1, 10), ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"], ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"]],
    [rating(0, 10, 5), ["0", "5", "10"], ["1", "2", "3"]], // 0 cannot be both 0 and 10: by place
    [rating(0, 0.3, 0.1), ["0", "0.1", "0.2", "0.3"], ["1", "2", "3", "4"]],
    [rating(-1, 1), ["-1", "0", "1"], ["1", "2", "3"]],
    [rating(1, 2.2, 0.5), ["1", "1.5", "2"], ["1", "2", "3"]],
  ])("%o offers %o on %o", (rubric, texts, keys) => {
    expect(choicesOf(rubric)?.map(({ text }) => text)).toEqual(texts);
    expect(choicesOf(rubric)?.map(({ key }) => key)).toEqual(keys);
  });

  test.each([rating(0, 1), rating(0.5, 4.5), rating(0, null), rating(null, null), rating(0, 100), rating(0, 1, 0.01)])("%o is typed", (rubric) => {
    expect(choicesOf(rubric)).toBeNull();
    expect(answerOfKey(rubric, "1")).toBeNull();
  });

  test("a step of zero offers nothing for ever", () => {
    expect(choicesOf(rating(0, 5, 0))).toBeNull();
  });
});

test.each([
  [rating(1, 5), "9", "It has to be 1 to 5."],
  [rating(1, 5), "0.999", "It has to be 1 to 5."],
  [rating(1, 5), "5", null],
  [rating(0, 1, 0.1), "0.3", null], // 0.3 / 0.1 is 2.9999999999999996
  [rating(0, 1, 0.1), "0.35", "It has to be 0 to 1 in steps of 0.1."],
  [rating(0.5, null, 1), "7.5", null],
  [rating(0.5, null, 1), "7", "It has to be at least 0.5 in steps of 1."],
  [rating(null, 3), "4", "It has to be at most 3."],
  [rating(null, null), "-12.5", null],
  [rating(null, null), " ", "This is not a number."],
  [rating(null, null), "much", "This is not a number."],
])("of %o, %s is answered with %s", (rubric, typed, problem) => {
  expect(scoreProblem(rubric, typed)).toBe(problem);
});

test("a range without an end is any number", () => {
  expect(rangeOf(rating(null, null))).toBe("any number");
});

test("an answer is the choice that says the same", () => {
  const [first, second] = choicesOf(verdict) ?? [];
  expect(first && isChosen(first, { label: "label 0", score: 99 })).toBe(true);
  expect(second && isChosen(second, { label: "label 0" })).toBe(false);
  const [one] = choicesOf(rating(1, 5)) ?? [];
  expect(one && isChosen(one, { score: 1 })).toBe(true);
  expect(one && isChosen(one, null)).toBe(false);
});

test.each([
  [null, false],
  [{}, false],
  [{ text: "  " }, false],
  [{ score: 0 }, true],
  [{ label: "a" }, true],
  [{ text: "a" }, true],
])("%o says something: %s", (answer, says) => {
  expect(saysSomething(answer)).toBe(says);
});

test("text answers are kept as explanations, others keep their reason there", () => {
  const text = { type: "FREEFORM" } as Rubric;
  const score = { type: "CONTINUOUS" } as Rubric;
  expect(resultOf(text, { text: "hm" }, "ignored")).toEqual({ label: null, score: null, explanation: "hm" });
  expect(resultOf(text, { text: " " }, null)).toBeNull();
  expect(resultOf(score, { score: 3 }, "why")).toEqual({ label: null, score: 3, explanation: "why" });
  expect(answerIn(text, { label: null, score: null, explanation: "hm" })).toEqual({ text: "hm" });
  expect(answerIn(score, null)).toBeNull();
});
