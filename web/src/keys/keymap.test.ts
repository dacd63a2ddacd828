import { describe, expect, test } from "vitest";

import { actionOf, type Binding, isPrefix, KEYMAP, type Press, spelled } from "./keymap";

function press(key: string, more: Partial<Press> = {}): Press {
  return { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, repeat: false, ...more };
}

test.each([
  [press("j"), "j"],
  [press("J"), "j"], // caps lock
  [press("X", { shiftKey: true }), "Shift+X"],
  [press("?", { shiftKey: true }), "?"],
  [press("Enter", { ctrlKey: true }), "Mod+Enter"],
  [press("z", { metaKey: true }), "Mod+z"],
  [press("Z", { metaKey: true, shiftKey: true }), "Mod+Shift+z"],
  [press("1"), "1"],
  [press("&", { code: "Digit1" }), "1"], // AZERTY without Shift
  [press("1", { code: "Digit1", shiftKey: true }), "1"], // AZERTY with Shift
  [press("!", { code: "Digit1", shiftKey: true }), "!"], // QWERTY: no digit was meant
  [press("7", { code: "Numpad7" }), "7"],
  [press("j", { repeat: true }), null], // a held key answers once
  [press("j", { altKey: true }), null],
  [press("Shift", { shiftKey: true }), null],
])("%o is written %s", (given, spelling) => {
  expect(spelled(given)).toBe(spelling);
});

test("a digit answers, a letter acts, and a sequence needs its prefix", () => {
  expect(actionOf("review", "3")).toBe("answer");
  expect(actionOf("review", "s")).toBe("skip");
  expect(actionOf("everywhere", "e")).toBeNull();
  expect(actionOf("everywhere", "e", "g")).toBe("goExplore");
  expect(isPrefix("g")).toBe(true);
  expect(isPrefix("j")).toBe(false);
});

describe.each(Object.entries(KEYMAP))("%s", (scope, bindings) => {
  const spellings = Object.values<Binding>(bindings).flatMap(({ keys }) => keys);

  test("no key means two things", () => {
    const others = scope === "everywhere" ? [] : Object.values<Binding>(KEYMAP.everywhere).flatMap(({ keys }) => keys);
    expect(new Set([...spellings, ...others]).size).toBe(spellings.length + others.length);
  });

  test("no key belongs to the browser", () => {
    expect(spellings.filter((spelling) => /^(Mod\+[acfnprstvwx]|F\d+|Tab|Escape)$/.test(spelling))).toEqual([]);
  });
});
