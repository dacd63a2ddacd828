import { expect, test } from "vitest";

import { preview } from "./preview";

test.each([
  ["plain text", "Can I export\n  everything?", "Can I export everything?"],
  ["a question in JSON", '{"question": "Can I export?", "user": "u1"}', "Can I export?"],
  ["the last message", '{"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi!"}]}', "Hi!"],
  ["parts of a message", '[{"content": [{"type": "text", "text": "Look at this"}]}]', "Look at this"],
  ["a single field", '{"city": "Bern"}', "Bern"],
  ["fields that tell nothing", '{"a": 1, "b": 2}', '{"a":1,"b":2}'],
  ["the field with most of the text", '{"count": 12, "last": "And is this one up to date, too?"}', "And is this one up to date, too?"],
  ["facts of equal weight", '{"contact": "1 minute ago", "battery": 82, "signal": -58}', '{"contact":"1 minute ago","battery":82,"signal":-58}'],
  ["JSON inside JSON", '{"output": "{\\"answer\\": \\"Yes.\\"}"}', "Yes."],
  ["a list of words", '["red", "green"]', "red, green"],
  ["a JSON string", '"quoted"', "quoted"],
  ["JSON that was cut off", '{"question": "Can', '{"question": "Can'],
  ["a number", 42, "42"],
  ["nothing", undefined, ""],
])("%s", (_, value, text) => {
  expect(preview({ "input.value": value }, "input")).toBe(text);
});

test("a span without a value shows its last message", () => {
  const attributes = {
    "llm.input_messages.0.message.content": "Be kind.",
    "llm.input_messages.10.message.content": "Last",
    "llm.input_messages.2.message.content": "Middle",
    "llm.output_messages.0.message.content": "Answer",
  };
  expect([preview(attributes, "input"), preview(attributes, "output")]).toEqual(["Last", "Answer"]);
});

test("long text is cut between characters, never inside one", () => {
  const cut = preview({ "output.value": "🙂".repeat(1000) }, "output");
  expect(cut).toBe(`${"🙂".repeat(239)}…`);
});
