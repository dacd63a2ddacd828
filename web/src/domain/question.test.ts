import { expect, test } from "vitest";

import { questionsOf, requiredOf } from "./question";
import type { Rubric } from "./rubric";

const rubric = (name: string, type: Rubric["type"] = "CONTINUOUS") => ({ type, id: name, name }) as Rubric;
const names = (questions: readonly Rubric[]) => questions.map(({ name }) => name);

test("what users said of an answer, and what these pages write beside answers, is no question", () => {
  const rubrics = ["correctness", "user_feedback", "relevance", "note", "skip"].map((name) => rubric(name));
  expect(names(questionsOf(rubrics, "span"))).toEqual(["correctness"]);
  expect(names(questionsOf(rubrics, "document"))).toEqual(["relevance", "correctness"]);
});

test("all rubrics of a project are asked oldest first, free text last", () => {
  const newestFirst = [rubric("tone"), rubric("comment", "FREEFORM"), rubric("correctness")];
  expect(names(questionsOf(newestFirst, "trace"))).toEqual(["correctness", "tone", "comment"]);
});

test("free text is required when there is nothing else", () => {
  expect(names(requiredOf([rubric("a"), rubric("b", "FREEFORM")]))).toEqual(["a"]);
  expect(names(requiredOf([rubric("b", "FREEFORM")]))).toEqual(["b"]);
});
