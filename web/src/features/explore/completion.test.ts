import { expect, test } from "vitest";

import { candidates, completed, type Vocabulary, wishAt } from "./completion";

/** The caret is where the bar stands. */
function at(text: string) {
  const caret = text.indexOf("|");
  const filter = text.replace("|", "");
  return { filter, wish: wishAt(filter, caret) };
}

test.each([
  ["|", { kind: "term", prefix: "" }],
  ["lat|", { kind: "term", prefix: "lat" }],
  ["llm.mod|", { kind: "term", prefix: "llm.mod", start: 0 }],
  ["a == 1 and la|", { kind: "term", prefix: "la", start: 11 }],
  ["not (sp|", { kind: "term", prefix: "sp" }],
  ["latency_ms |", { kind: "operator", prefix: "" }],
  ["latency_ms |> 5", { kind: "operator" }],
  ["annotations['q'] i|", { kind: "operator", prefix: "i" }],
  ["annotations['|", { kind: "name", field: "annotations", prefix: "" }],
  ["trace_annotations['cor|']", { kind: "name", field: "trace_annotations", prefix: "cor" }],
  ["attributes['llm|", { kind: "name", field: "attributes", prefix: "llm" }],
  ["annotations['q'].|", { kind: "member", prefix: "" }],
  ["annotations['q'].la| == 'x'", { kind: "member", prefix: "la" }],
  ["span_kind == '|", { kind: "value", field: "span_kind", prefix: "" }],
  ["span_kind == L|", { kind: "value", field: "span_kind", prefix: "L", quote: null }],
  ["annotations['q'].label == 'inc|", { kind: "value", field: "annotations['q'].label", prefix: "inc" }],
  ["annotations['q'].annotator_kind == '|", { kind: "annotator kind" }],
  ["llm.model_name != \"g|", { kind: "value", field: "llm.model_name", prefix: "g", quote: '"' }],
  ["metadata['tier'] == '|", { kind: "value", field: "metadata['tier']" }],
  ["span_kind in ['LLM', '|", { kind: "value", field: "span_kind" }],
  ["span_kind not in ['|", { kind: "value", field: "span_kind" }],
  ["annotated('|", { kind: "name", field: "annotations" }],
  ["annotated('q', kind='|", { kind: "annotator kind" }],
  ["annotated('q', identifier='app:|", { kind: "value", field: "annotations['q'].identifier", prefix: "app:" }],
  ["disagree('q', 'HUMAN', 'L|", { kind: "annotator kind", prefix: "L" }],
  ["latency_ms > 5 |", { kind: "logic", prefix: "" }],
  ["annotated('q') an|", { kind: "logic", prefix: "an" }],
  ["parent_id is None |", { kind: "logic" }],
])("%s wants %o", (text, wish) => {
  expect(at(text).wish).toMatchObject(wish);
});

test("functions mean the annotations of what is listed", () => {
  expect(wishAt("annotated('", 11, "trace_annotations")).toMatchObject({ kind: "name", field: "trace_annotations" });
  expect(wishAt("annotated('q', label='", 22, "trace_annotations")).toMatchObject({ kind: "value", field: "trace_annotations['q'].label" });
});

test.each(["latency_ms > 5|", "'free text|", "input.value == 'x'|", "'refund' in |"])("%s wants nothing", (text) => {
  expect(at(text).wish).toBeNull();
});

const vocabulary: Vocabulary = {
  fields: [
    { name: "latency_ms", type: "number", description: "end minus start" },
    { name: "status_code", type: "string", description: "" },
  ],
  annotations: [{ name: "annotations", description: "" }],
  annotation_fields: [{ name: "label", description: "" }],
  functions: [{ name: "annotated", signature: "annotated('name')", description: "" }],
  operators: [
    { name: "==", type: "comparison", description: "equal" },
    { name: "and", type: "logic", description: "both" },
    { name: "+", type: "arithmetic", description: "sum" },
  ],
};

function taken(text: string, choice: string, values: { value: string | number; count: number | null }[] = []): string {
  const { filter, wish } = at(text);
  if (wish === null) throw new Error("nothing is wanted here");
  const candidate = candidates(wish, vocabulary, values).find((one) => one.text === choice);
  if (!candidate) throw new Error(`${choice} is not offered`);
  const { filter: whole, caret } = completed(filter, wish, candidate);
  return `${whole.slice(0, caret)}|${whole.slice(caret)}`;
}

test.each([
  ["lat|", "latency_ms", "latency_ms |"],
  ["code|", "status_code", "status_code |"], // contains what was typed
  ["ann|", "annotations", "annotations['|"],
  ["annotations['q'].|", "label", "annotations['q'].label |"],
  ["annotations['q'].la| == 'x'", "label", "annotations['q'].label |== 'x'"],
  ["latency_ms |", "==", "latency_ms == |"],
  ["annotated('q', kind='|", "LLM", "annotated('q', kind='LLM'|"],
])("%s with %s becomes %s", (text, choice, whole) => {
  expect(taken(text, choice)).toBe(whole);
});

test.each([
  ["status_code == |", "it's", String.raw`status_code == 'it\'s' |`],
  ["status_code == 'i|", "it's", String.raw`status_code == 'it\'s' |`],
  ["annotations['c|", "correctness", "annotations['correctness'].|"],
  ["annotated('c|", "correctness", "annotated('correctness'|"],
])("%s with the value %s becomes %s", (text, value, whole) => {
  expect(taken(text, value, [{ value, count: 3 }])).toBe(whole);
});

test("what begins with the typed text comes before what contains it, and an operator is no operator of arithmetic", () => {
  const { wish } = at("a|");
  expect(candidates(wish!, vocabulary, []).map(({ text }) => text)).toEqual(["annotations", "annotated", "latency_ms", "status_code"]);
  expect(candidates(at("latency_ms |").wish!, vocabulary, []).map(({ text }) => text)).toEqual(["==", "and"]);
});
