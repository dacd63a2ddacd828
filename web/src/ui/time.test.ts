import { expect, test } from "vitest";

import { formatTime } from "./time";

const now = new Date("2026-11-23T12:00:00Z");

test.each([
  ["2026-11-23T09:05:06.123456+00:00", "09:05:06"],
  ["2026-11-22T23:30:00+00:00", "22 Nov, 23:30:00"],
  ["2025-11-23T09:05:06Z", "23 Nov 2025, 09:05:06"],
])("%s reads as %j", (iso, text) => {
  expect(formatTime(iso, now, "en-GB", "UTC")).toBe(text);
});

test("today is the reader's day", () => {
  expect(formatTime("2026-11-22T23:30:00Z", now, "en-GB", "Europe/Berlin")).toBe("00:30:00");
});
