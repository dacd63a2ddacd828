import { expect, test } from "vitest";

import { fitting, grouped, inWords } from "./annotationGroup";
import type { CategoricalRubric } from "./rubric";

const correctness: CategoricalRubric = {
  type: "CATEGORICAL",
  id: "1",
  name: "correctness",
  optimization_direction: "MAXIMIZE",
  values: [
    { label: "wrong", score: 0 },
    { label: "right", score: 1, glyph: "R" },
  ],
};

let count = 0;
function given(name: string, identifier: string, result: { label?: string; score?: number; explanation?: string }, kind: "HUMAN" | "LLM" | "CODE" = "HUMAN", target: "span" | "document" = "span") {
  count += 1;
  const at = "2026-11-23T12:00:00Z";
  return {
    id: String(count),
    name,
    identifier,
    annotator_kind: kind,
    result,
    metadata: {},
    source: "APP" as const,
    user_id: null,
    rubric_version: null,
    created_at: at,
    updated_at: at,
    project_id: "1",
    target: { kind: target, id: "a", position: null },
  };
}

test("people come first, and it shows that the judge differs", () => {
  const [group] = grouped([given("correctness", "gpt", { label: "wrong" }, "LLM"), given("correctness", "bo", { label: "right" }), given("correctness", "ada", { label: "right" })], [correctness]);
  expect(group?.said.map(({ identifier, text, standing, glyph }) => [identifier, text, standing, glyph])).toEqual([
    ["ada", "right", "good", "R"],
    ["bo", "right", "good", "R"],
    ["gpt", "wrong", "bad", null],
  ]);
  expect(group?.differ).toBe(true);
  expect(inWords(group!, (kind) => kind.toLowerCase())).toBe("correctness: right by ada (human), right by bo (human), wrong by gpt (llm)");
});

test("names stand in the order of the rubrics, then of the alphabet", () => {
  const names = grouped(["zeal", "correctness", "about"].map((name) => given(name, "ada", { score: 1 })), [correctness]).map(({ name }) => name);
  expect(names).toEqual(["correctness", "about", "zeal"]);
});

test("what is said of the work, or of a document, is not said of the item", () => {
  expect(grouped([given("note", "ada", { explanation: "hm" }), given("skip", "ada", { label: "skipped" }), given("correctness", "ada", { label: "right" }, "HUMAN", "document")], [])).toEqual([]);
});

test("a score is short, and words are kept", () => {
  const groups = grouped([given("helpfulness", "ada", { score: 1 / 3 }), given("why", "ada", { explanation: "Too long." })], []);
  expect(groups.map(({ said }) => said[0]?.text)).toEqual(["0.3333", "Too long."]);
});

test("what does not fit is left out, but never everything", () => {
  const groups = grouped(["correctness", "helpfulness", "tone", "style"].map((name) => given(name, "ada", { label: "right" })), [correctness]);
  expect([fitting(groups, 4000, 1), fitting(groups, 10, 1), fitting([], 100, 2)]).toEqual([4, 1, 0]);
  expect(fitting(groups, 290, 2)).toBeGreaterThan(fitting(groups, 290, 1));
});
