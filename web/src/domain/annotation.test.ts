import { expect, test } from "vitest";

import { type Annotation, compared, disputed, isMine } from "./annotation";

const annotation = (more: Partial<Annotation>): Annotation => ({
  id: "1",
  created_at: "2026-11-23T00:00:00Z",
  updated_at: "2026-11-23T00:00:00Z",
  source: "API",
  user_id: null,
  name: "correctness",
  annotator_kind: "LLM",
  result: { label: "correct", score: 1, explanation: null },
  metadata: {},
  identifier: "judge",
  rubric_version: null,
  target: { kind: "span", id: "a", position: null },
  project_id: null,
  ...more,
});

test("mine are those of people under my identifier; a judge that took my name is not me", () => {
  expect(isMine(annotation({ annotator_kind: "HUMAN", identifier: "app:Ada" }), "app:Ada")).toBe(true);
  expect(isMine(annotation({ annotator_kind: "LLM", identifier: "app:Ada" }), "app:Ada")).toBe(false);
  expect(isMine(annotation({ annotator_kind: "HUMAN", identifier: "" }), null)).toBe(false);
});

test("people come before judges under the same name, documents after the span", () => {
  const sorted = compared([
    annotation({ id: "doc", target: { kind: "document", id: "a", position: 0 } }),
    annotation({ id: "tone", name: "tone" }),
    annotation({ id: "judge" }),
    annotation({ id: "person", annotator_kind: "HUMAN" }),
  ]);
  expect(sorted.map(({ id }) => id)).toEqual(["person", "judge", "tone", "doc"]);
});

const said = (name: string, label: string | null, score: number | null, position: number | null = null) =>
  annotation({ name, result: { label, score, explanation: null }, target: { kind: position === null ? "span" : "document", id: "a", position } });

test("authors differ by label, by score without labels, and never by notes or between documents", () => {
  expect([...disputed([said("a", "yes", 1), said("a", "no", 0), said("b", "yes", 1), said("b", "yes", 0.9), said("c", null, 3), said("c", null, 4)])]).toEqual(["a", "c"]);
  expect([...disputed([said("note", "x", null), said("note", "y", null), said("r", "yes", 1, 0), said("r", "no", 0, 1)])]).toEqual([]);
});
