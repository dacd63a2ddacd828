import { expect, test } from "vitest";

import { attributeNamed, BY_KIND, draftOf, inWords, isByKind, type Mapping, mappingOf, type MappingDraft, missingFrom, parsedMappings, problemsOf, withChoice, withKept, withoutRow, withRow, withRowChanged } from "./mapping";

const draft = (input: readonly (readonly [string, string])[], part: "input" | "metadata" = "input"): MappingDraft => ({
  ...BY_KIND,
  [part]: input.map(([field, attribute], place) => ({ row: place + 1, field, attribute })),
});

test("a part begins with its commonest field, and goes back to the kind of span with its last row", () => {
  const chosen = withChoice(BY_KIND, "input", true);
  expect(mappingOf(chosen)).toEqual({ input: { input: "input.value" }, output: null, metadata: null });
  expect(withChoice(chosen, "input", true)).toBe(chosen);
  expect(isByKind(withoutRow(chosen, "input", chosen.input![0]!.row))).toBe(true);
  expect(isByKind(withChoice(chosen, "input", false))).toBe(true);
});

test("rows are told apart whatever is typed into them, in all parts", () => {
  const two = withRow(withChoice(withChoice(BY_KIND, "input", true), "output", true), "input");
  const rows = [...two.input!, ...two.output!].map(({ row }) => row);
  expect(new Set(rows).size).toBe(3);
  const changed = withRowChanged(two, "input", two.input![1]!.row, { field: " q ", attribute: "name " });
  expect(mappingOf(changed).input).toEqual({ input: "input.value", q: "name" });
  expect(changed.output).toBe(two.output);
});

test("an empty name, the same name twice and an empty attribute are told at their place", () => {
  expect(problemsOf(draft([["question", "input.value"]]), true)).toEqual({});
  expect(problemsOf(draft([["  ", "a"], ["b", " "]]), true)).toEqual({ "1.field": "A field needs a name.", "2.attribute": "Which attribute does it take?" });
  expect(problemsOf(draft([["a", "x"], ["b", "y"], ["a ", "z"]]), true)).toEqual({ "3.field": "Field 1 is called a already." });
});

test("the same name may stand in two parts, but not where what was annotated goes", () => {
  const both: MappingDraft = { ...draft([["a", "x"]]), metadata: [{ row: 9, field: "a", attribute: "y" }] };
  expect(problemsOf(both, true)).toEqual({});
  const taken = draft([["annotations", "x"]], "metadata");
  expect(Object.keys(problemsOf(taken, true))).toEqual(["1.field"]);
  expect(problemsOf(taken, false)).toEqual({});
});

test("a mapping becomes a draft and the same mapping again", () => {
  const mapping: Mapping = { input: { question: "input.value.q", model: "llm.model_name" }, output: null, metadata: { tier: "metadata.tier" } };
  expect(mappingOf(draftOf(mapping))).toEqual(mapping);
  expect(inWords(draftOf(mapping))).toBe("input of question, model; metadata of tier");
  expect(inWords(BY_KIND)).toBe("as the kind of span says");
});

test("what a span does not have is told, and null is something that it has", () => {
  expect(missingFrom({ a: "x", b: "y.z" }, { a: null })).toEqual([["b", "y.z"]]);
  expect(missingFrom(null, {})).toEqual([]);
});

test("an attribute is named as mappings name it, however a condition writes it", () => {
  expect(["llm.model_name", "metadata['tier']", "attributes['my-key']", `attributes["it's"]`, String.raw`metadata['a\'b\\c']`].map(attributeNamed)).toEqual(["llm.model_name", "metadata.tier", "my-key", "it's", String.raw`metadata.a'b\c`]);
});

test("the mapping of each dataset is kept, the default is not, and what is broken is passed over", () => {
  const mapping: Mapping = { input: { q: "name" }, output: null, metadata: null };
  const kept = withKept(withKept([], "one", mapping), "two", mapping);
  expect(parsedMappings(JSON.stringify(kept))).toEqual(kept);
  expect(withKept(kept, "one", { input: null, output: null, metadata: null })).toEqual([["two", mapping]]);
  const many = Array.from({ length: 60 }, (_, number) => String(number)).reduce((all, id) => withKept(all, id, mapping), kept);
  expect(many).toHaveLength(50);
  for (const broken of ["{", "3", '[["one", {"input": {}}]]', '[["one", {"input": {"a": 1}, "output": null, "metadata": null}]]', "[7]"]) expect(parsedMappings(broken)).toEqual([]);
  expect(parsedMappings(null)).toEqual([]);
});
