import { expect, test } from "vitest";

import { rangeNamed, rangeUntil } from "./timeRange";

test("a range ends after now, and is the same for all of a minute", () => {
  const now = Date.UTC(2026, 10, 23, 12, 0, 5);
  const range = rangeUntil(now, "24h");
  expect(range).toEqual({ start_time: "2026-11-22T12:01:00.000Z", end_time: "2026-11-23T12:01:00.000Z" });
  expect(rangeUntil(now + 30_000, "24h")).toEqual(range);
  expect(Date.parse(rangeUntil(Date.UTC(2026, 0, 1), "7d").end_time)).toBeGreaterThan(Date.UTC(2026, 0, 1));
});

test.each([null, "", "1y", "toString"])("%s names no range", (name) => {
  expect(rangeNamed(name, "30d")).toBe("30d");
});
