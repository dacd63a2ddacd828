import { expect, test } from "vitest";

import { at, nested } from "./nested";

test.each([
  ["objects and lists", { "a.b": 1, "c.1.d": 3, "c.0.d": 2, e: [1, 2] }, { a: { b: 1 }, c: [{ d: 2 }, { d: 3 }], e: [1, 2] }],
  ["places in their order as numbers", { "m.10.x": "last", "m.9.x": "first" }, { m: [{ x: "first" }, { x: "last" }] }],
  ["keys that contradict each other", { a: 1, "a.b": 2 }, { a: 1, "a.b": 2 }],
  ["numbers that count nothing", { "tokens.200": 3 }, { tokens: { "200": 3 } }],
  ["what is nested already", { a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 1 }] } }],
])("%s", (_, flat, meant) => {
  expect(JSON.parse(JSON.stringify(nested(flat)))).toEqual(meant);
});

test("no name of a key reaches the prototype of objects", () => {
  const hostile = JSON.parse('{"__proto__.polluted": true, "constructor.prototype.polluted": true}') as Record<string, unknown>;
  expect(at(nested(hostile), "__proto__.polluted")).toBe(true);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
