import { expect, test } from "vitest";

import { alwaysInReach, ofKinds, ofName, pressed } from "./quickFilters";

const texts = (level: "span" | "trace", names: string[], me: string | null) => alwaysInReach(level, names, names, me).map(({ text }) => text);

test("without rubrics only errors are in reach, without a name nothing about me", () => {
  expect(texts("trace", [], "app:Ada")).toEqual(["Errors"]);
  expect(texts("trace", ["q"], null)).toEqual(["Errors", "People differ", "Human ≠ judge"]);
});

test("several rubrics are asked for together", () => {
  const clauses = alwaysInReach("span", ["q", "it's", "user_feedback"], ["q", "it's"], "app:Ada").map(({ clause }) => clause);
  expect(clauses).toEqual([
    "parent_id is None",
    "status_code == 'ERROR'",
    String.raw`(disagree('q', 'HUMAN') or disagree('it\'s', 'HUMAN') or disagree('user_feedback', 'HUMAN'))`,
    String.raw`(disagree('q', 'HUMAN', 'LLM') or disagree('it\'s', 'HUMAN', 'LLM') or disagree('user_feedback', 'HUMAN', 'LLM'))`,
    String.raw`(not annotated('q', identifier='app:Ada') or not annotated('it\'s', identifier='app:Ada'))`,
  ]);
});

test("a condition goes in and comes out", () => {
  const quick = alwaysInReach("trace", ["a", "b"], ["a", "b"], null);
  const once = pressed("latency_ms > 1", quick[1]!, quick);
  expect(once).toBe("latency_ms > 1 and (disagree('a', 'HUMAN') or disagree('b', 'HUMAN'))");
  expect(pressed(once, quick[1]!, quick)).toBe("latency_ms > 1");
});

test("one label takes the place of another, and one kind of another", () => {
  const { labels } = ofName("trace", "q", ["good", "bad"], null);
  expect(pressed("trace_annotations['q'].label == 'good' and x == 1", labels[1]!, labels)).toBe("x == 1 and trace_annotations['q'].label == 'bad'");
  const kinds = ofKinds(["LLM", "TOOL"]);
  expect(pressed("span_kind == 'LLM'", kinds[1]!, kinds)).toBe("span_kind == 'TOOL'");
});
