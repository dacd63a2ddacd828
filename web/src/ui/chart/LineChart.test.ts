import { expect, test } from "vitest";

import { apart, runs } from "./LineChart";

const at = (...times: number[]) => times.map((time) => ({ at: time, value: 0, says: "" }));

test("a line breaks where a bucket is empty", () => {
  expect(runs(at(0, 10, 20, 40, 50), 10).map((run) => run.map((point) => point.at))).toEqual([
    [0, 10, 20],
    [40, 50],
  ]);
  expect(runs([], 10)).toEqual([]);
});

test("words at the ends do not cover each other, and keep their order", () => {
  expect(apart([100, 104, 60])).toEqual([100, 114, 60]);
  expect(apart([104, null, 100])).toEqual([114, null, 100]);
});
