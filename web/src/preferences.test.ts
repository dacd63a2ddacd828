import { expect, test } from "vitest";

import { annotatorOf, INITIAL, parsed, personOf } from "./preferences";

test.each([null, "", "{", "null", '"x"', "[]", '{"theme":"pink","person":" "}'])("%s is as good as nothing", (text) => {
  expect(parsed(text)).toEqual(INITIAL);
});

test("what was chosen is found again", () => {
  const chosen = { theme: "dark", density: "compact", singleKeys: false, person: "Ada" } as const;
  expect(parsed(JSON.stringify(chosen))).toEqual(chosen);
});

test("a person's identifier leads back to the person, and a program keeps its own", () => {
  expect(personOf(annotatorOf("Ada"))).toBe("Ada");
  expect(personOf("judge-v2")).toBe("judge-v2");
  expect(personOf("px-span-note:1aaddc62")).toBe("");
});
