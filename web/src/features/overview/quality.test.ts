import { expect, test } from "vitest";

import type { AnnotationSeries, AnnotationSummary } from "../../api/insight";
import type { CategoricalRubric } from "../../domain/rubric";
import { boundsOf, described, figureOf, linesOf, measureOf } from "./quality";

const nothing = { count: 0, target_count: 0, score_count: 0, scored_target_count: 0, mean_score: null, mean_score_interval: null, label_count: 0, labelled_target_count: 0, label_fractions: [] };
const scored = { ...nothing, scored_target_count: 9, mean_score: 0.75, mean_score_interval: { low: 0.46, high: 1.04 } };
const labelled = { ...nothing, labelled_target_count: 4, label_fractions: [{ label: "bad", fraction: 0.75, interval: null }, { label: "fine", fraction: 0.25, interval: null }] };
const summary = (statistics: typeof nothing | typeof scored | typeof labelled): AnnotationSummary => ({ name: "x", target_kind: "span", by_annotator_kind: [], ...statistics });

const rubric: CategoricalRubric = {
  type: "CATEGORICAL",
  id: "1",
  name: "x",
  optimization_direction: "MAXIMIZE",
  values: [
    { label: "bad", score: 0 },
    { label: "fine", score: 1 },
  ],
};

test("scores are shown where there are some, else the share of the best label, else of the commonest", () => {
  expect(measureOf(summary(scored), rubric)).toEqual({ kind: "score" });
  expect(measureOf(summary(labelled), rubric)).toEqual({ kind: "label", label: "fine" });
  expect(measureOf(summary(labelled), undefined)).toEqual({ kind: "label", label: "bad" });
  expect(measureOf(summary(nothing), rubric)).toBeNull();
});

test("a label that nobody gave has the share 0 among those who gave others, and is unknown where nobody gave any", () => {
  expect(figureOf(summary(labelled), { kind: "label", label: "middling" })).toEqual({ value: 0, low: null, high: null, n: 4 });
  expect(figureOf(summary(nothing), { kind: "label", label: "fine" })).toBeNull();
});

test("people and judges have lines of their own, and a kind that said nothing has none", () => {
  const point = (hour: string, kinds: object[]) => ({ ...nothing, name: "x", target_kind: "span", start_time: `2026-11-23T${hour}:00:00+00:00`, by_annotator_kind: kinds });
  const series = {
    start_time: "2026-11-23T00:00:00+00:00",
    end_time: "2026-11-24T00:00:00+00:00",
    bucket_seconds: 3600,
    points: [point("01", [{ ...scored, annotator_kind: "LLM" }]), point("02", [{ ...scored, annotator_kind: "HUMAN" }, { ...nothing, annotator_kind: "CODE" }])],
  } as AnnotationSeries;
  const lines = linesOf(series, { kind: "score" });
  expect(lines.map(({ name, points }) => [name, points.map(({ at }) => new Date(at).toISOString())])).toEqual([
    ["person", ["2026-11-23T02:30:00.000Z"]],
    ["judge", ["2026-11-23T01:30:00.000Z"]],
  ]);
});

test("a figure says how sure it is", () => {
  expect(described({ value: 0.75, low: 0.46, high: 1.04, n: 9 })).toBe("0.75 (0.46–1.04), n = 9");
  expect(described({ value: 0.81, low: 0.722, high: 0.898, n: 39 })).toBe("0.81 (0.72–0.90), n = 39");
  expect(described({ value: 0.751, low: null, high: null, n: 900 })).toBe("0.75, n = 900");
});

test("the axis is as long as the rubric", () => {
  expect(boundsOf({ kind: "score" }, rubric)).toEqual([0, 1]);
  expect(boundsOf({ kind: "label", label: "fine" }, undefined)).toEqual([0, 1]);
  expect(boundsOf({ kind: "score" }, undefined)).toBeUndefined();
});
