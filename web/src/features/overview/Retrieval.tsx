import { useQuery } from "@tanstack/react-query";

import { type AnnotationSummary, type Range, ranksQuery, type RetrievalRank } from "../../api/insight";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { FractionBars } from "../../ui/chart/Bars";
import { Figure, NoFigure } from "../../ui/chart/Figure";
import { ErrorState } from "../../ui/ErrorState";
import { quoted } from "./targets";

const RANKS = 10;

/** Is it retrieval or generation: how relevant documents are by their rank. What nobody judged is not irrelevant. */
export function Retrieval({ address, summary, range }: { address: string; summary: AnnotationSummary; range: Range }) {
  const found = useQuery(ranksQuery(address, summary.name, RANKS, range));
  const question = `Are the retrieved documents relevant (${summary.name}, by rank)?`;
  if (found.isLoadingError) {
    return (
      <Figure question={question}>
        <ErrorState message={found.error.message} onRetry={() => void found.refetch()} />
      </Figure>
    );
  }
  const ranks = found.data?.ranks.filter(({ retrieved }) => retrieved > 0) ?? [];
  const sum = (figure: (rank: RetrievalRank) => number) => ranks.reduce((total, rank) => total + figure(rank), 0);
  const judgedSpans = paths.explore(address, {
    level: "span",
    f: `document_annotations[${quoted(summary.name)}].annotator_kind is not None`,
    from: range.start_time,
    to: range.end_time,
  });
  const note = ranks.length > 0 && (
    <>
      {sum(({ judged }) => judged)} of {sum(({ retrieved }) => retrieved)} documents judged. <Link to={judgedSpans}>Show the spans that retrieved them</Link>
    </>
  );
  return (
    <Figure question={question} note={note} table={ranks.length > 0 && <RankTable ranks={ranks} />}>
      {found.data &&
        (ranks.length === 0 ? (
          <NoFigure>Nothing was retrieved in this time.</NoFigure>
        ) : (
          <FractionBars
            shares={ranks.map(({ rank, relevant, judged, retrieved, fraction, low, high }) => ({
              name: `Rank ${rank}`,
              fraction,
              low,
              high,
              says: judged === 0 ? `not judged (0 of ${retrieved})` : `${relevant} of ${judged} relevant`,
            }))}
          />
        ))}
    </Figure>
  );
}

function RankTable({ ranks }: { ranks: RetrievalRank[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Rank</th>
          <th scope="col">Retrieved</th>
          <th scope="col">Judged</th>
          <th scope="col">Relevant</th>
          <th scope="col">Share (95 % interval)</th>
        </tr>
      </thead>
      <tbody>
        {ranks.map(({ rank, retrieved, judged, relevant, fraction, low, high }) => (
          <tr key={rank}>
            <th scope="row">{rank}</th>
            <td>{retrieved}</td>
            <td>{judged}</td>
            <td>{relevant}</td>
            <td>{fraction === null ? "not judged" : `${percent(fraction)}${low === null || high === null ? "" : ` (${percent(low)}–${percent(high)})`}`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}
