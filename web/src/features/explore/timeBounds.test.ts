import { expect, test } from "vitest";

import { bounds, inWords, isBound } from "./timeBounds";

const NOW = new Date("2026-11-23T12:00:00Z");

test.each([
  [{ from: null, to: null }, null, null],
  [{ from: "-1h", to: null }, "2026-11-23T11:00:00.000Z", null],
  [{ from: "-7d", to: "-24h" }, "2026-11-16T12:00:00.000Z", "2026-11-22T12:00:00.000Z"],
  [{ from: "2026-11-01T00:00:00.000001Z", to: null }, "2026-11-01T00:00:00.000001Z", null], // microseconds are kept
  [{ from: "yesterday", to: "-7 weeks" }, null, null],
])("%o is from %s to %s", (range, start_time, end_time) => {
  expect(bounds(range, NOW)).toEqual({ start_time, end_time });
});

test.each([
  [{ from: null, to: null }, "Any time"],
  [{ from: "-24h", to: null }, "Last 24 hours"],
  [{ from: "-90m", to: null }, "Since 90 m ago"],
  [{ from: null, to: "2026-11-01T08:30:00Z" }, "Until Nov 1, 08:30 AM"],
  [{ from: "2026-11-01T08:30:00Z", to: "2026-11-02T08:30:00Z" }, "Nov 1, 08:30 AM – Nov 2, 08:30 AM"],
])("%o is called %s", (range, words) => {
  expect(inWords(range, "en-US", "UTC")).toBe(words);
});

test("what is no time cannot stand in an address", () => {
  expect(["-1h", "2026-11-01T00:00:00Z", "-1y", ""].map(isBound)).toEqual([true, true, false, false]);
});
