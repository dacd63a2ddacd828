import { expect, test } from "vitest";

import { between, EVERYTHING, filterFor, isEmpty, isSelected, MOST_BY_HAND, NOTHING, selectionOf, sizeOf, spelled, toggled, withAll } from "./selection";

test("a row is selected, and not any more", () => {
  const one = toggled(NOTHING, "a");
  expect([isSelected(one, "a"), isSelected(one, "b"), sizeOf(one, null)]).toEqual([true, false, 1]);
  expect(isEmpty(toggled(one, "a"))).toBe(true);
});

test("a range goes in both directions, and from nowhere is one row", () => {
  const rows = ["a", "b", "c", "d"];
  expect(between(rows, "b", "d")).toEqual(["b", "c", "d"]);
  expect(between(rows, "d", "b")).toEqual(["b", "c", "d"]);
  expect(between(rows, "gone", "c")).toEqual(["c"]);
  expect(between(rows, "a", "gone")).toEqual([]);
});

test("all that match are not only those that are loaded, and rows can be taken out and put back", () => {
  expect(isSelected(EVERYTHING, "never loaded")).toBe(true);
  const most = toggled(EVERYTHING, "b");
  expect([isSelected(most, "b"), sizeOf(most, 77), sizeOf(most, null)]).toEqual([false, 76, null]);
  expect(withAll(most, ["a", "b"])).toEqual(EVERYTHING);
});

test("a selection comes back from its address", () => {
  for (const selection of [NOTHING, EVERYTHING, toggled(EVERYTHING, "b"), withAll(NOTHING, ["a", "b"])]) {
    expect(selectionOf(spelled(selection))).toEqual(selection);
  }
});

test("nobody selects more by hand than an address holds", () => {
  const rows = Array.from({ length: MOST_BY_HAND + 10 }, (_, row) => `row-${row}`);
  expect(sizeOf(withAll(NOTHING, rows), null)).toBe(MOST_BY_HAND);
});

test.each([
  [withAll(NOTHING, ["a", "b"]), "latency_ms > 1", "trace_id in ['a', 'b']"],
  [EVERYTHING, "latency_ms > 1", "latency_ms > 1"],
  [toggled(EVERYTHING, "it's"), "a or b", String.raw`(a or b) and trace_id not in ['it\'s']`],
  [toggled(EVERYTHING, "a"), "", "trace_id not in ['a']"],
])("%o of %s is found by %s", (selection, filter, found) => {
  expect(filterFor(selection, "trace", filter)).toBe(found);
});
