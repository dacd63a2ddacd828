import { describe, expect, test } from "vitest";

import { PRESETS } from "../../domain/preset";
import type { Rubric } from "../../domain/rubric";
import {
  type Draft,
  draftOf,
  emptyDraft,
  extremesOf,
  previewOf,
  problemsOf,
  problemsOfRefusal,
  rubricOf,
  saysTheSame,
  withLabel,
  withLabelChanged,
  withLabelMoved,
  withoutLabel,
} from "./draft";

function labelled(...labels: string[]): Draft {
  const rows = labels.map((label, row) => ({ row, label, score: String(row), glyph: "", description: "" }));
  return { ...emptyDraft(), name: "tone", labels: rows };
}

function words({ labels }: Draft): string[] {
  return labels.map(({ label }) => label);
}

function rating(lower: string, upper: string, step = ""): Draft {
  return { ...emptyDraft(), name: "rating", type: "CONTINUOUS", lower, upper, step };
}

test.each(PRESETS)("“$title” can be saved as it is, and comes back as the same form", ({ rubric }) => {
  const draft = draftOf(rubric);
  expect(problemsOf(draft)).toEqual({});
  expect(draftOf(rubricOf(draft))).toEqual(draft);
  expect(saysTheSame(draft, draftOf(rubricOf(draft)))).toBe(true);
});

test("what the form does not show is kept", () => {
  const before: Rubric = { type: "FREEFORM", id: "1", name: "comment", optimization_direction: "MAXIMIZE", threshold: 0.5, lower_bound: 0, upper_bound: 1 };
  expect(rubricOf({ ...draftOf(before), description: " Anything? " }, before)).toEqual({
    type: "FREEFORM",
    name: "comment",
    description: "Anything?",
    guideline: null,
    optimization_direction: "MAXIMIZE",
    threshold: 0.5,
    lower_bound: 0,
    upper_bound: 1,
  });
});

test("a space at the end is no change, a label moved is one", () => {
  const draft = labelled("a", "b");
  expect(saysTheSame(draft, { ...draft, name: "tone " })).toBe(true);
  expect(saysTheSame(draft, withLabelMoved(draft, 0, 1))).toBe(false);
});

describe("rows of labels", () => {
  test("move, and stay where they are at the ends", () => {
    const draft = labelled("a", "b", "c");
    expect(words(withLabelMoved(draft, 2, -1))).toEqual(["a", "c", "b"]);
    expect(words(withLabelMoved(draft, 0, 1))).toEqual(["b", "a", "c"]);
    expect(withLabelMoved(draft, 0, -1)).toBe(draft);
    expect(withLabelMoved(draft, 2, 1)).toBe(draft);
  });

  test("come and go without two being taken for the same", () => {
    const draft = withLabel(withoutLabel(labelled("a", "b", "c"), 1));
    expect(words(draft)).toEqual(["a", "c", ""]);
    expect(new Set(draft.labels.map(({ row }) => row)).size).toBe(3);
    expect(withLabel({ ...draft, labels: [] }).labels).toHaveLength(1);
  });

  test("change alone", () => {
    expect(withLabelChanged(labelled("a", "b"), 1, { score: "7" }).labels.map(({ score }) => score)).toEqual(["0", "7"]);
  });
});

test.each<[Draft, Record<string, string>]>([
  [{ ...labelled("a"), name: " " }, { name: "A name is needed: answers are kept under it." }],
  [labelled(), { labels: "At least one label is needed." }],
  [labelled("a", " ", "a "), { "labels.1.label": "A label needs a word.", "labels.2.label": "“a” is there already." }],
  [withLabelChanged(labelled("a"), 0, { score: "1e999" }), { "labels.0.score": "Not a number." }],
  [withLabelChanged(labelled("a"), 0, { score: "0,5" }), {}],
  [withLabelChanged(labelled("a"), 0, { glyph: "✓✓✓" }), { "labels.0.glyph": "One or two characters." }],
  [withLabelChanged(labelled("a"), 0, { glyph: "👍🏽" }), {}],
  [rating("1", "5", "0.5"), {}],
  [rating("", "", ""), {}],
  [rating("5", "1"), { upper: "It has to be more than the lowest score, 5." }],
  [rating("1", "5", "9"), { step: "It is larger than the whole range, 4." }],
  [rating("1", "5", "-1"), { step: "A step is more than 0." }],
  [rating("one", "5"), { lower: "This is not a number." }],
  [{ ...labelled(), type: "FREEFORM" }, {}], // labels of another type do not matter
])("%o has the problems %o", (draft, problems) => {
  expect(problemsOf(draft)).toEqual(problems);
});

test.each<[string, Record<string, string>]>([
  ["An annotation configuration named 'tone' exists already", { name: "An annotation configuration named 'tone' exists already" }],
  ["The name 'note' is reserved and cannot be used for annotation configs; choose another one.", { name: expect.stringContaining("reserved") as string }],
  ["values[1].label must not be empty.", { "labels.1.label": "values[1].label must not be empty." }],
  ["lower_bound (5) must be strictly less than upper_bound (1).", { lower: expect.stringContaining("strictly less") as string }],
  ["body.CATEGORICAL.values.0.glyph: String should have at most 2 characters", { "labels.0.glyph": "String should have at most 2 characters" }],
  ["body.CONTINUOUS.step: Input should be greater than 0\nbody.CONTINUOUS.name: too short", { step: "Input should be greater than 0", name: "too short" }],
  ["The server does not answer. Is it still running?", { rubric: "The server does not answer. Is it still running?" }],
])("%s belongs to %o", (message, problems) => {
  expect(problemsOfRefusal(message)).toEqual(problems);
});

test("the preview leaves out what is not there yet", () => {
  const preview = previewOf({ ...labelled("a", "", "a", "b"), name: "" });
  expect(preview).toMatchObject({ name: "Name", values: [{ label: "a" }, { label: "b" }] });
  expect(previewOf(rating("1", "x", "-2"))).toMatchObject({ lower_bound: 1, upper_bound: null, step: null });
});

test("the best and the worst follow the direction", () => {
  const draft = labelled("low", "middle", "high");
  expect(extremesOf(draft)).toEqual({ best: "high", worst: "low" });
  expect(extremesOf({ ...draft, direction: "MINIMIZE" })).toEqual({ best: "low", worst: "high" });
  expect(extremesOf({ ...draft, direction: "NONE" })).toBeNull();
  expect(extremesOf(labelled("alone"))).toBeNull();
});
