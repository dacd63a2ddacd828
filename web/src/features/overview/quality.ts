import type { AnnotationSeries, AnnotationSummary, AnnotatorKind } from "../../api/insight";
import { type Rubric, standingOf } from "../../domain/rubric";
import { wordFor } from "../../ui/AuthorChip";
import type { Line, Point } from "../../ui/chart/LineChart";

/** What a line of quality shows: the mean score, or the share of one label where nobody gave scores. */
export type Measure = { kind: "score" } | { kind: "label"; label: string };

type Statistics = AnnotationSummary["by_annotator_kind"][number];

const KINDS: readonly AnnotatorKind[] = ["HUMAN", "LLM", "CODE"];
const STROKES = { HUMAN: "solid", LLM: "dashed", CODE: "dotted" } as const;

/** Scores say more than labels. Without them: the share of the best label, or of the commonest if none is best. */
export function measureOf(summary: AnnotationSummary, rubric: Rubric | undefined): Measure | null {
  if (summary.mean_score !== null) return { kind: "score" };
  const labels = summary.label_fractions.map(({ label }) => label);
  const label = labels.find((one) => standingOf(rubric, one) === "good") ?? labels[0];
  return label === undefined ? null : { kind: "label", label };
}

/** A line for each kind of annotator who said something, people first. */
export function linesOf(series: AnnotationSeries, measure: Measure): Line[] {
  return KINDS.flatMap((kind) => {
    const points = series.points.flatMap(({ start_time, by_annotator_kind }): Point[] => {
      const statistics = by_annotator_kind.find(({ annotator_kind }) => annotator_kind === kind);
      const figure = statistics && figureOf(statistics, measure);
      if (!figure) return [];
      const at = Date.parse(start_time) + (series.bucket_seconds * 1000) / 2;
      return [{ at, ...figure, says: `${new Date(start_time).toLocaleString()}, ${wordFor(kind)}: ${described(figure)}` }];
    });
    return points.length === 0 ? [] : [{ name: wordFor(kind), stroke: STROKES[kind], points }];
  });
}

/** A figure with how sure it is: `0.83 (0.75–0.92), n = 39`. */
export function described({ value, low, high, n }: { value: number; low: number | null; high: number | null; n: number }): string {
  return `${low === null || high === null ? round(value) : between(value, low, high)}, n = ${n}`;
}

/** An estimate and the interval in which it may lie, with as many digits each: `0.81 (0.72–0.90)`. */
export function between(value: number, low: number, high: number): string {
  return `${value.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

/** The figure that a measure takes from statistics; null when there is none. */
export function figureOf(statistics: Statistics | AnnotationSummary, measure: Measure): { value: number; low: number | null; high: number | null; n: number } | null {
  if (measure.kind === "score") {
    const { mean_score, mean_score_interval, scored_target_count } = statistics;
    return mean_score === null ? null : { value: mean_score, low: mean_score_interval?.low ?? null, high: mean_score_interval?.high ?? null, n: scored_target_count };
  }
  if (statistics.labelled_target_count === 0) return null;
  const found = statistics.label_fractions.find(({ label }) => label === measure.label);
  return { value: found?.fraction ?? 0, low: found?.interval?.low ?? null, high: found?.interval?.high ?? null, n: statistics.labelled_target_count };
}

/** Where the axis begins and ends: the bounds of the rubric, the scores of its labels, or 0 to 1 for shares. */
export function boundsOf(measure: Measure, rubric: Rubric | undefined): [number, number] | undefined {
  if (measure.kind === "label") return [0, 1];
  if (rubric?.type === "CONTINUOUS" && typeof rubric.lower_bound === "number" && typeof rubric.upper_bound === "number") {
    return [rubric.lower_bound, rubric.upper_bound];
  }
  if (rubric?.type === "CATEGORICAL") {
    const scores = rubric.values.flatMap(({ score }) => (typeof score === "number" ? [score] : []));
    if (scores.length > 1) return [Math.min(...scores), Math.max(...scores)];
  }
  return undefined;
}

export function round(value: number): string {
  return String(Number(value.toFixed(2)));
}
