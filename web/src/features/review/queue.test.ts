import { expect, test } from "vitest";

import type { Rubric } from "../../domain/rubric";
import { queueOf, questionsOf, requiredOf, titleOf, unansweredFilter } from "./queue";

const rubric = (name: string, type: Rubric["type"] = "CONTINUOUS") => ({ type, id: name, name, optimization_direction: "NONE", values: [] }) as unknown as Rubric;

test("an empty address reviews all root spans by all rubrics", () => {
  const queue = queueOf(new URLSearchParams());
  expect(queue).toEqual({ kind: "span", filter: "parent_id is None", from: null, to: null, ids: [], rubrics: [], again: false, stays: false });
  expect(titleOf(queue)).toBe("All root spans");
  expect(queueOf(new URLSearchParams("id=a")).filter).toBeNull();
  expect(titleOf(queueOf(new URLSearchParams("level=trace")))).toBe("All traces");
});

test("an address says what to review", () => {
  const queue = queueOf(new URLSearchParams("level=span&f=name == 'x'&from=2026-11-01&id=a,b&id=c&id=a&rubrics=x,y&again=1&stay=1"));
  expect(queue).toEqual({ kind: "span", filter: "name == 'x'", from: "2026-11-01", to: null, ids: ["a", "b", "c"], rubrics: ["x", "y"], again: true, stays: true });
  expect(titleOf(queue)).toBe("3 chosen spans");
  expect(titleOf({ ...queue, ids: [] })).toBe("Spans with name == 'x'");
  expect(queueOf(new URLSearchParams("level=galaxy&f= ")).kind).toBe("span");
});

test("what users said of an answer, and what this screen writes beside, is no question", () => {
  const rubrics = ["correctness", "user_feedback", "relevance", "note"].map((name) => rubric(name));
  expect(questionsOf(rubrics, []).map(({ name }) => name)).toEqual(["correctness"]);
  expect(questionsOf(rubrics, ["user_feedback", "gone", "correctness"]).map(({ name }) => name)).toEqual(["user_feedback", "correctness"]);
});

test("all rubrics of a project are asked oldest first, free text last", () => {
  const newestFirst = [rubric("tone"), rubric("comment", "FREEFORM"), rubric("correctness")];
  expect(questionsOf(newestFirst, []).map(({ name }) => name)).toEqual(["correctness", "tone", "comment"]);
});

test("free text is required when there is nothing else", () => {
  expect(requiredOf([rubric("a"), rubric("b", "FREEFORM")]).map(({ name }) => name)).toEqual(["a"]);
  expect(requiredOf([rubric("b", "FREEFORM")]).map(({ name }) => name)).toEqual(["b"]);
});

test("what is left is what misses an answer and was not skipped, within the filter", () => {
  const one = [rubric("correctness"), rubric("comment", "FREEFORM")];
  expect(unansweredFilter(one, "app:Ada", null)).toBe("not annotated('correctness', identifier='app:Ada') and not annotated('skip', identifier='app:Ada')");
  expect(unansweredFilter([rubric("a"), rubric("b")], "app:O'Brien", "x or y")).toBe(
    "(x or y) and (not annotated('a', identifier='app:O\\'Brien') or not annotated('b', identifier='app:O\\'Brien')) and not annotated('skip', identifier='app:O\\'Brien')",
  );
});
