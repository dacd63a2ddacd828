import { expect, test } from "vitest";

import { justAfter, later } from "./moments";

test.each([
  ["2026-11-23T09:15:33.545333+00:00", "2026-11-23T09:15:33.545334+00:00"],
  ["2026-11-23T09:15:33Z", "2026-11-23T09:15:33.000001Z"],
  ["2026-11-23T23:59:59.999999Z", "2026-11-24T00:00:00.000Z"],
])("just after %s is %s", (moment, next) => {
  expect(justAfter(moment)).toBe(next);
});

test("the later of two", () => {
  expect(later("2026-11-23T09:00:00Z", null)).toBe("2026-11-23T09:00:00Z");
  expect(later("2026-11-23T09:00:00Z", "2026-11-24T00:00:00+00:00")).toBe("2026-11-24T00:00:00+00:00");
});
