import { expect, test } from "vitest";

import type { ScoreDistribution } from "../../api/insight";
import { binNames, inBin, rowsOf } from "./spread";

test("a bin is called by the one score in it, or by its edges", () => {
  expect(binNames([0.5, 1.5, 2.5], 1)).toEqual(["1", "2"]);
  expect(binNames([0, 0.25, 0.5], null)).toEqual(["0–0.25", "0.25–0.5"]);
  expect(binNames([0, 0.25, 0.5], 1)).toEqual(["0–0.25", "0.25–0.5"]);
  expect(binNames([0.05, 0.15, 0.25], 0.1)).toEqual(["0.1", "0.2"]);
  expect(binNames([0, 0.001, 0.002], null)).toEqual(["0–0.001", "0.001–0.002"]);
  expect(binNames([1200, 1210, 1220], null)).toEqual(["1200–1210", "1210–1220"]);
  expect(binNames([5, 5], null)).toEqual(["5–5"]);
  expect(binNames([], 1)).toEqual([]);
});

test("each kind of annotator has a row that says its median, and what lies beyond the scale", () => {
  const spread = {
    by_annotator_kind: [
      { annotator_kind: "CODE", counts: [1, 0], scored_target_count: 1, quartiles: [1, 1, 1], minimum: 1, maximum: 1, below_count: 0, above_count: 0 },
      { annotator_kind: "HUMAN", counts: [1, 2], scored_target_count: 3, quartiles: [1, 2, 2], minimum: 1, maximum: 2, below_count: 0, above_count: 0 },
      { annotator_kind: "LLM", counts: [0, 1], scored_target_count: 2, quartiles: [2, 2, 9], minimum: 2, maximum: 9, below_count: 0, above_count: 1 },
    ],
  } as unknown as ScoreDistribution;
  expect(rowsOf(spread)).toEqual([
    { name: "person", counts: [1, 2], says: "median 2, half of them from 1 to 2, n = 3" },
    { name: "judge", counts: [0, 1], says: "median 2, half of them from 2 to 9, n = 2; 1 beyond the scale" },
    { name: "code", counts: [1, 0], says: "median 1, half of them from 1 to 1, n = 1" },
  ]);
});

test("the last bin holds its end", () => {
  expect(inBin("annotations['a'].score", [0, 0.5, 1], 0)).toBe("annotations['a'].score >= 0 and annotations['a'].score < 0.5");
  expect(inBin("annotations['a'].score", [0, 0.5, 1], 1)).toBe("annotations['a'].score >= 0.5 and annotations['a'].score <= 1");
});
