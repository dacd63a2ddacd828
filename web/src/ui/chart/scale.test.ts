import { describe, expect, test } from "vitest";

import { linear, roundStep, time } from "./scale";

test.each([
  [[0, 1], [0, 0.5, 1]],
  [[0, 0.83], [0, 0.5, 1]],
  [[1, 5], [1, 2, 3, 4, 5]],
  [[0, 14_002], [0, 5000, 10_000, 15_000]],
  [[0, 0], [0, 0.5]],
  [[0.1, 0.4], [0.1, 0.2, 0.3, 0.4]],
] as [[number, number], number[]][])("%j has the ticks %j", (domain, ticks) => {
  expect(linear(domain, [0, 100]).ticks).toEqual(ticks);
});

test("places run from the start of the range to its end, also upside down", () => {
  const { place } = linear([0, 10], [200, 0]);
  expect([place(0), place(5), place(10)]).toEqual([200, 100, 0]);
});

test.each([
  [0.3, 0.5],
  [1, 1],
  [1.1, 2],
  [2400, 5000],
])("a step of at least %d is %d", (least, step) => {
  expect(roundStep(least)).toBe(step);
});

describe("time", () => {
  const day = 86_400_000;
  const noon = new Date(2026, 10, 23, 12).getTime();

  test("ticks lie at midnight when days are shown, inside of the domain", () => {
    const { ticks } = time([noon - 7 * day, noon], [0, 700]);
    expect(ticks.length).toBeGreaterThan(2);
    expect(ticks.length).toBeLessThanOrEqual(7);
    for (const tick of ticks) {
      expect(new Date(tick).getHours()).toBe(0);
      expect(tick).toBeGreaterThanOrEqual(noon - 7 * day);
    }
  });

  test("ticks lie at whole hours when hours are shown", () => {
    for (const tick of time([noon - day, noon], [0, 700]).ticks) expect(new Date(tick).getMinutes()).toBe(0);
  });
});
