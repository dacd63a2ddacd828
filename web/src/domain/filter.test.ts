import { expect, test } from "vitest";

import { anyOf, clausesOf, hasClause, mended, tokens, withClause, withoutClause } from "./filter";
import { quoted } from "./quoted";

const texts = (filter: string) => clausesOf(filter).map(({ text }) => text);

test.each([
  ["", []],
  ["latency_ms > 1", ["latency_ms > 1"]],
  ["a == 1 and  b == 2 and c", ["a == 1", "b == 2", "c"]],
  ["a == 'x and y' and b", ["a == 'x and y'", "b"]],
  [String.raw`a == 'it\'s and' and b`, [String.raw`a == 'it\'s and'`, "b"]],
  ["any(s.a and s.b for s in spans) and c", ["any(s.a and s.b for s in spans)", "c"]],
  ["(a or b) and c", ["(a or b)", "c"]],
  ["a or b and c", ["a or b and c"]],
  ["not a and brand == 'x'", ["not a", "brand == 'x'"]],
  ["a and 'open", ["a", "'open"]],
])("%s has the conditions %o", (filter, conditions) => {
  expect(texts(filter)).toEqual(conditions);
});

test("a condition knows where it stands, and the pieces leave no gap", () => {
  const filter = " a == 1  and b ";
  expect(clausesOf(filter).map(({ start, end }) => filter.slice(start, end))).toEqual(["a == 1", "b"]);
  expect(
    tokens(filter)
      .map(({ text }) => text)
      .join(""),
  ).toBe(filter);
});

test.each([
  ["", "b", "b"],
  ["a", "b", "a and b"],
  ["a or c", "b", "(a or c) and b"],
  ["a", "b or c", "a and (b or c)"],
  ["a and b", "b", "a and b"],
  ["a=='x'", "a == 'x'", "a=='x'"],
])("%s with %s is %s", (filter, clause, whole) => {
  expect(withClause(filter, clause)).toBe(whole);
});

test("a condition that went in comes out again, whatever stood there", () => {
  for (const filter of ["", "a", "a and b", "a or b"]) {
    const more = withClause(filter, anyOf(["x('q')", "y('q')"]));
    expect(hasClause(more, "x('q') or y('q')")).toBe(true);
    expect(withoutClause(more, anyOf(["x('q')", "y('q')"])).replace(/^\((.*)\)$/, "$1")).toBe(filter);
  }
});

test.each([
  ["modle == 'a'", 0, "model", "model == 'a'"],
  ["annotations['q'].lable == 'bad'", 17, "label", "annotations['q'].label == 'bad'"],
  ["a & b", 2, "and", "a and b"],
  ["a ==", 4, " 1", "a == 1"],
])("%s is mended at %i", (filter, position, suggestion, right) => {
  expect(mended(filter, position, suggestion)).toBe(right);
});

test("texts are quoted so that they end where they should", () => {
  expect(quoted("it's a \\ line\nmore")).toBe(String.raw`'it\'s a \\ line\nmore'`);
});
