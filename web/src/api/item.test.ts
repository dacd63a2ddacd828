import { expect, test } from "vitest";

import { given, type Item, type ItemPages, refreshed } from "./item";

const item = (id: string, note_count = 0) => ({ id, note_count }) as Item; // the rest of an item plays no part

test("known rows change where they stand, and no other comes", () => {
  const pages: ItemPages = {
    pages: [
      { data: [item("c"), item("b")], next_cursor: "2", asOf: "" },
      { data: [item("a")], next_cursor: null, asOf: "" },
    ],
    pageParams: [null, "2"],
  };
  const now = refreshed(pages, [item("new"), item("b", 3)]);
  expect(now.pages.map(({ data }) => data.map(({ id, note_count }) => [id, note_count]))).toEqual([
    [
      ["c", 0],
      ["b", 3],
    ],
    [["a", 0]],
  ]);
  expect(now.pages[1]?.data[0]).toBe(pages.pages[1]?.data[0]); // what did not change is the same, and is not drawn again
});

test("a parameter without a value is left out", () => {
  expect(given({ filter: "", start_time: null, cursor: "x" })).toEqual({ cursor: "x" });
});
