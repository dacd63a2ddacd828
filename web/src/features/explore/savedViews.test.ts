import { expect, test } from "vitest";

import { parsed, viewPart, withoutView, withView } from "./savedViews";

test("a view is what is looked at, not what is selected", () => {
  expect(viewPart(new URLSearchParams("sel=a,b&f=x == 1&level=span&utm=2"))).toBe("level=span&f=x+%3D%3D+1");
});

test("views stand in the order of the alphabet, and a name stands once", () => {
  const views = withView(withView([], { name: "slow", search: "a" }), { name: "bad", search: "b" });
  expect(views.map(({ name }) => name)).toEqual(["bad", "slow"]);
  expect(withView(views, { name: "slow", search: "c" })).toEqual([
    { name: "bad", search: "b" },
    { name: "slow", search: "c" },
  ]);
  expect(withoutView(views, "bad")).toEqual([{ name: "slow", search: "a" }]);
});

test("what cannot be read is left out", () => {
  expect([parsed(null), parsed("{"), parsed("3"), parsed('[{"name": "a"}, {"name": "b", "search": "f=1", "more": 1}]')]).toEqual([[], [], [], [{ name: "b", search: "f=1" }]]);
});
