import { expect, test } from "vitest";

import { ApiFailure, explanation } from "./failure";

test.each([
  ["Project with name nope not found\n", "Project with name nope not found"],
  [{ type: "about:blank", title: "Not found", status: 404, detail: "There is no project 'nope'." }, "There is no project 'nope'."],
  [{ title: "Not found" }, "Not found"],
  [{ detail: [{ loc: ["query", "limit"], msg: "Input should be less than 1000", type: "x" }] }, "query.limit: Input should be less than 1000"],
  ["", null],
  [undefined, null],
  [[], null],
])("%j says %j", (body, sentence) => {
  expect(explanation(body)).toBe(sentence);
});

test("an answer without a word is told by its status", () => {
  expect(ApiFailure.from(new Response(null, { status: 502, statusText: "Bad Gateway" }), undefined).message).toBe(
    "The server answered 502 Bad Gateway.",
  );
});

test.each([
  [null, true],
  [503, true],
  [429, true],
  [404, false],
])("after status %s, asking again may help: %s", (status, passing) => {
  expect(new ApiFailure(status, "").passing).toBe(passing);
});
