import { expect, test } from "vitest";

import { paths } from "./paths";

test("a project is addressed by its name", () => {
  expect(paths.project({ id: "UHJvamVjdDox", name: "support bot" })).toBe("/p/support%20bot");
});

test.each(["a/b", "what?", "a#b", "100%", ".."])("the name %j cannot stand in a path, so the id does", (name) => {
  expect(paths.project({ id: "UHJvamVjdDox", name })).toBe("/p/UHJvamVjdDox");
});
