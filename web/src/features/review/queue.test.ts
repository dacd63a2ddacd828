import { expect, test } from "vitest";

import type { Rubric } from "../../domain/rubric";
import { askedIn, queueOf, titleOf, unansweredFilter } from "./queue";

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

test("an address may name the questions, in its order; those that are gone are left out", () => {
  const rubrics = ["correctness", "user_feedback", "tone"].map((name) => rubric(name));
  const asked = (search: string) => askedIn(queueOf(new URLSearchParams(search)), rubrics).map(({ name }) => name);
  expect(asked("rubrics=user_feedback,gone,correctness")).toEqual(["user_feedback", "correctness"]);
  expect(asked("")).toEqual(["tone", "correctness"]);
});

test("what is left is what misses an answer and was not skipped, within the filter", () => {
  const one = [rubric("correctness"), rubric("comment", "FREEFORM")];
  expect(unansweredFilter(one, "app:Ada", null)).toBe("not annotated('correctness', identifier='app:Ada') and not annotated('skip', identifier='app:Ada')");
  expect(unansweredFilter([rubric("a"), rubric("b")], "app:O'Brien", "x or y")).toBe(
    "(x or y) and (not annotated('a', identifier='app:O\\'Brien') or not annotated('b', identifier='app:O\\'Brien')) and not annotated('skip', identifier='app:O\\'Brien')",
  );
});
