import { useQuery } from "@tanstack/react-query";

import { type AnnotationSummary, distributionQuery, type Range } from "../../api/insight";
import type { Rubric } from "../../domain/rubric";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { navigate } from "../../router/location";
import { Figure, NoFigure } from "../../ui/chart/Figure";
import { Histogram } from "../../ui/chart/Histogram";
import { ErrorState } from "../../ui/ErrorState";
import { binNames, inBin, rowsOf } from "./spread";
import { annotationsOf, levelOf, quoted } from "./targets";

/** Whether people and judges use a scale alike: how scores are spread, a row for each kind of annotator. */
export function Spread({ address, summary, rubric, range }: { address: string; summary: AnnotationSummary; rubric: Rubric | undefined; range: Range }) {
  const found = useQuery(distributionQuery(address, summary.name, summary.target_kind, range));
  const question = `How are the scores of ${summary.name} spread, and does everybody use the scale alike?`;
  if (found.isLoadingError) {
    return (
      <Figure question={question}>
        <ErrorState message={found.error.message} onRetry={() => void found.refetch()} />
      </Figure>
    );
  }
  const spread = found.data?.data;
  const edges = spread?.edges ?? [];
  const bins = binNames(edges, rubric?.type === "CONTINUOUS" ? (rubric.step ?? 1) : null);
  const rows = spread ? rowsOf(spread) : [];
  const field = `${annotationsOf(summary.target_kind)}[${quoted(summary.name)}].score`;
  const addresses = bins.map((_, bin) => paths.explore(address, { level: levelOf(summary.target_kind), f: inBin(field, edges, bin), from: range.start_time, to: range.end_time }));
  const table = (
    <table>
      <thead>
        <tr>
          <th scope="col">Score</th>
          {rows.map(({ name }) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {bins.map((name, bin) => (
          <tr key={name}>
            <th scope="row">
              <Link to={addresses[bin] ?? ""}>{name}</Link>
            </th>
            {rows.map((row) => (
              <td key={row.name}>{row.counts[bin]}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
  return (
    <Figure question={question} note={rows.map(({ name, says }) => `${name}: ${says}`).join(". ")} table={rows.length > 0 && table}>
      {spread && (rows.length === 0 ? <NoFigure>Nobody gave scores under {summary.name} in this time.</NoFigure> : <Histogram rows={rows} bins={bins} onOpen={(bin) => navigate(addresses[bin] ?? "")} />)}
    </Figure>
  );
}
