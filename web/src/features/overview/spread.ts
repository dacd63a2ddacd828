import type { AnnotatorKind, ScoreDistribution } from "../../api/insight";
import { wordFor } from "../../ui/AuthorChip";
import type { HistogramRow } from "../../ui/chart/Histogram";
import { round } from "./quality";

/** What each bin is called: the score in its middle where that is the only one that can be given (`step` apart), else its edges. */
export function binNames(edges: readonly number[], step: number | null): string[] {
  return edges.slice(0, -1).map((edge, place) => {
    const end = edges[place + 1] ?? edge;
    if (step !== null && Math.abs(end - edge - step) < step * 1e-9) return shown((edge + end) / 2, step);
    return `${shown(edge, end - edge)}–${shown(end, end - edge)}`;
  });
}

/** A number in so many digits that its neighbours, `apart`, look different. */
function shown(value: number, apart: number): string {
  const decimals = apart > 0 ? Math.min(Math.max(Math.ceil(-Math.log10(apart)) + 1, 0), MOST_DECIMALS) : MOST_DECIMALS;
  return String(Number(value.toFixed(decimals)));
}

const MOST_DECIMALS = 12;
const ORDER: readonly AnnotatorKind[] = ["HUMAN", "LLM", "CODE"];

/** A row for each kind of annotator who gave scores, people first. */
export function rowsOf({ by_annotator_kind }: ScoreDistribution): HistogramRow[] {
  const ordered = by_annotator_kind.toSorted((one, other) => ORDER.indexOf(one.annotator_kind) - ORDER.indexOf(other.annotator_kind));
  return ordered.map(({ annotator_kind, counts, scored_target_count, quartiles, below_count, above_count }) => {
    const [first, median, third] = quartiles ?? [0, 0, 0];
    const beyond = below_count + above_count === 0 ? "" : `; ${below_count + above_count} beyond the scale`;
    return {
      name: wordFor(annotator_kind),
      counts,
      says: `median ${round(median ?? 0)}, half of them from ${round(first ?? 0)} to ${round(third ?? 0)}, n = ${scored_target_count}${beyond}`,
    };
  });
}

/** The condition that finds what has a score in a bin; the last bin holds its end as well. */
export function inBin(field: string, edges: readonly number[], bin: number): string {
  const last = bin === edges.length - 2;
  return `${field} >= ${edges[bin]} and ${field} ${last ? "<=" : "<"} ${edges[bin + 1]}`;
}
