import { expect, test } from "vitest";

import { exampleText } from "./exampleText";

test("of messages the last that says something is shown, of documents the first", () => {
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "How large?" },
    { role: "assistant", content: "", tool_calls: [] },
  ];
  expect(exampleText({ messages, model: "m" })).toBe("How large?");
  expect(exampleText({ messages: [{ role: "user", content: [{ type: "text", text: "See" }, { type: "image" }, { type: "text", text: "this" }] }] })).toBe("See\nthis");
  expect(exampleText({ documents: [{ content: "First." }, { content: "Second." }] })).toBe("First.");
});

test("one value stands without its name, several with theirs", () => {
  expect(exampleText({ input: "Hello" })).toBe("Hello");
  expect(exampleText({ question: "Why?", top_k: 4, flags: ["a"] })).toBe('question: Why?\ntop_k: 4\nflags: ["a"]');
  expect(exampleText({ messages: "none of ours" })).toBe("none of ours");
  expect(exampleText({})).toBe("");
});
