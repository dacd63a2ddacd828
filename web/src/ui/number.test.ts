import { expect, test } from "vitest";

import { counted, formatCost, formatCount } from "./number";

test.each([
  [0, "$0"],
  [12.3, "$12.30"],
  [1234.5, "$1,234.50"],
  [0.001615, "$0.0016"],
  [0.5, "$0.5"],
  [0.000012, "$0.000012"],
  [0.0000001, "less than $0.000001"],
])("%d dollars are %s", (usd, text) => expect(formatCost(usd)).toBe(text));

test("numbers with their nouns", () => {
  expect([formatCount(12345), counted(1, "step"), counted(2000, "step"), counted(2, "reply", "replies")]).toEqual(["12,345", "1 step", "2,000 steps", "2 replies"]);
});
