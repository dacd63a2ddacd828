import { useQuery } from "@tanstack/react-query";

import { type AnnotationMatrix, type AnnotationSummary, matrixQuery, type Range } from "../../api/insight";
import { type Rubric, standingOf } from "../../domain/rubric";
import { paths } from "../../paths";
import { navigate } from "../../router/location";
import { Figure, NoFigure } from "../../ui/chart/Figure";
import { Matrix } from "../../ui/chart/Matrix";
import { ErrorState } from "../../ui/ErrorState";
import { between } from "./quality";
import { levelOf } from "./targets";

/** Where the judge is wrong, and in which direction: what people said against what judges said of the same targets. */
export function Agreement({ address, summary, rubric, range }: { address: string; summary: AnnotationSummary; rubric: Rubric | undefined; range: Range }) {
  const matrix = useQuery(matrixQuery(address, summary.name, summary.target_kind, "HUMAN", "LLM", range));
  const question = `Where do judges differ from people on ${summary.name}?`;
  if (matrix.isLoadingError) {
    return (
      <Figure question={question}>
        <ErrorState message={matrix.error.message} onRetry={() => void matrix.refetch()} />
      </Figure>
    );
  }
  const data = matrix.data;
  const explore = (filter: string) => paths.explore(address, { level: levelOf(summary.target_kind), f: filter, from: range.start_time, to: range.end_time });
  return (
    <Figure question={question} note={data && data.target_count > 0 ? agreementText(data) : undefined}>
      {data &&
        (data.target_count === 0 ? (
          <NoFigure>Nothing was labelled by a person and by a judge. Review what a judge has labelled: then it shows whether to believe it.</NoFigure>
        ) : (
          <Matrix
            caption={question}
            rowsAre="People"
            columnsAre="Judges"
            labels={data.labels.map((label) => ({ label, standing: standingOf(rubric, label) }))}
            cells={data.cells.map(({ row, column, count, filter }) => ({ row, column, count, href: filter === null ? null : explore(filter) }))}
            onOpen={(href) => navigate(href)}
          />
        ))}
    </Figure>
  );
}

/** `They agree on 82 % (68–91 %) of 39 targets; Cohen's κ 0.61 (0.40–0.82).` And why the cells are more than that, where they are. */
export function agreementText({ agreement, kappa, target_count, cells }: AnnotationMatrix): string {
  if (agreement.value === null) return `${target_count} targets.`;
  const interval = agreement.low === null || agreement.high === null ? "" : ` (${percent(agreement.low)}–${percent(agreement.high)} %)`;
  const beyond = kappa ? `; Cohen's κ ${between(kappa.value, kappa.low, kappa.high)}` : "";
  const isTwice = cells.reduce((sum, { count }) => sum + count, 0) > target_count;
  const twice = isTwice ? " A target on which people, or judges, differ among themselves is counted in several cells." : "";
  return `They agree on ${percent(agreement.value)} %${interval} of ${target_count} targets${beyond}.${twice}`;
}

function percent(fraction: number): number {
  return Math.round(fraction * 100);
}
