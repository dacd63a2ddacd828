import { expect, test } from "vitest";

import { addressOf, paths } from "./paths";

test("a project stands in the address by its name, unless it cannot", () => {
  expect(addressOf({ id: "UHJvamVjdDox", name: "support bot" })).toBe("support bot");
  expect(addressOf({ id: "UHJvamVjdDox", name: "team/support" })).toBe("UHJvamVjdDox");
  expect(paths.overview("support bot")).toBe("/p/support%20bot");
});

test("what is not asked for is not in the address", () => {
  expect(paths.explore("a", { level: "span", f: null })).toBe("/p/a/explore?level=span");
  expect(paths.explore("a", { f: "name == 'x & y'" })).toBe("/p/a/explore?f=name+%3D%3D+%27x+%26+y%27");
  expect(paths.annotations("a")).toBe("/p/a/annotations");
});
