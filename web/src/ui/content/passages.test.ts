import { expect, test } from "vitest";

import { cutAt, looksLikeMarkdown, passages } from "./passages";

test.each([
  ["a heading", "# Title\ntext"],
  ["code", "see\n```py\nx\n```"],
  ["bold", "that is **very** much"],
  ["a link", "see [docs](https://host/a)"],
  ["a table", "| a | b |\n|---|---|\n| 1 | 2 |"],
  ["a list", "Do:\n- one\n- two"],
  ["a numbered list", "1. one\n2. two"],
])("Markdown with %s", (_, text) => expect(looksLikeMarkdown(text)).toBe(true));

test.each([
  ["a sentence", "It is ready within an hour. [kb-111]"],
  ["a sum", "2 * 3 * 4 = 24"],
  ["a dash", "- only one point"],
  ["code alone", "def f(a, b):\n    return a | b"],
  ["a hash", "#hashtag"],
])("%s is plain", (_, text) => expect(looksLikeMarkdown(text)).toBe(false));

test("text is cut at the end of a line, or at a number of characters", () => {
  expect(cutAt("a\nb\nc", 2)).toBe(3);
  expect(cutAt("a\nb\n", 2)).toBe(4);
  expect(cutAt("a\nb", 2)).toBe(3);
  expect(cutAt("abcdef", 2, 3)).toBe(3);
  expect(cutAt(`a\n${"b".repeat(10)}\nc`, 5, 4)).toBe(4);
  expect(cutAt("ab🙂", 2, 3)).toBe(2);
  expect(cutAt("")).toBe(0);
});

test("passages are the whole text, begin at lines where they can, and cut no character", () => {
  expect(passages("one\ntwo\nthree", 8)).toEqual(["one\ntwo", "three"]);
  expect(passages("a🙂b", 2)).toEqual(["a", "🙂", "b"]);
  const long = Array.from({ length: 500 }, (_, line) => `line ${line} ${"x".repeat(line)}`).join("\n");
  expect(passages(long, 1000).join("\n")).toBe(long);
  expect(passages("")).toEqual([]);
});
