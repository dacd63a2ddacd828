import { useQuery } from "@tanstack/react-query";

import { type AnnotationSummary, type Range, ranksQuery, type RetrievalRank } from "../../api/insight";
import { FractionBars } from "../../ui/chart/Bars";
import { Figure, NoFigure } from "../../ui/chart/Figure";
import { ErrorState } from "../../ui/ErrorState";

const RANKS = 10;

/** Is it retrieval or generation: how relevant documents are by their rank. What nobody judged is not irrelevant. */
export function Retrieval({ address, summary, range }: { address: string; summary: AnnotationSummary; range: Range }) {
  const found = useQuery(ranksQuery(address, summary.name, RANKS, range));
  const question = `Are the retrieved documents relevant (${summary.name}, by rank)?`;
  if (found.isError) {
    return (
      <Figure question={question}>
        <ErrorState message={found.error.message} onRetry={() => void found.refetch()} />
      </Figure>
    );
  }
  const ranks = found.data?.ranks.filter(({ retrieved }) => retrieved > 0) ?? [];
  const sum = (figure: (rank: RetrievalRank) => number) => ranks.reduce((total, rank) => total + figure(rank), 0);
  return (
    <Figure question={question} note={ranks.length > 0 ? `${sum(({ judged }) => judged)} of ${sum(({ retrieved }) => retrieved)} documents judged.` : undefined}>
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
