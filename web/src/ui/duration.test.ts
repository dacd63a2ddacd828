import { expect, test } from "vitest";

import { formatDuration, microsecondsBetween } from "./duration";

test.each([
  [0, "0 ms"],
  [420, "0.4 ms"],
  [9_960, "10 ms"],
  [96_200, "96 ms"],
  [999_600, "1 s"],
  [1_456_000, "1.46 s"],
  [9_999_000, "10 s"],
  [59_990_000, "1 min"],
  [123_000_000, "2 min 3 s"],
  [3_599_600_000, "1 h"],
  [3_840_000_000, "1 h 4 min"],
  [-1, "–"],
])("%d µs read as %j", (us, text) => {
  expect(formatDuration(us)).toBe(text);
});

test("microseconds count", () => {
  expect(microsecondsBetween("2026-11-23T12:00:00.000100+00:00", "2026-11-23T12:00:00.000350+00:00")).toBe(250);
});

test("times of two zones and two precisions compare", () => {
  expect(microsecondsBetween("2026-11-23T12:00:00Z", "2026-11-23T13:00:00.5+01:00")).toBe(500_000);
});
