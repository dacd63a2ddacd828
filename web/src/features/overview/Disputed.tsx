import { useQuery } from "@tanstack/react-query";

import { type AnnotationSummary, type Disagreement, disagreementsQuery, type Range } from "../../api/insight";
import { rubricsQuery } from "../../api/rubric";
import { type Rubric, standingOf } from "../../domain/rubric";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { AnswerStrip } from "../../ui/AnswerStrip";
import { Figure, NoFigure } from "../../ui/chart/Figure";
import { ErrorState } from "../../ui/ErrorState";
import styles from "./Disputed.module.css";
import { levelOf } from "./targets";

const SHOWN = 8;

/** What to settle first: targets of which the annotators say different things, each author's answer beside the others. */
export function Disputed({ address, range, summaries }: { address: string; range: Range; summaries: AnnotationSummary[] }) {
  const kind = summaries.toSorted((one, other) => other.count - one.count)[0]?.target_kind ?? "span";
  const found = useQuery(disagreementsQuery(address, kind, null, range, SHOWN));
  const rubrics = useQuery(rubricsQuery());
  const question = "What should be settled first?";
  if (found.isLoadingError) {
    return (
      <Figure question={question}>
        <ErrorState message={found.error.message} onRetry={() => void found.refetch()} />
      </Figure>
    );
  }
  const rows = found.data?.data ?? [];
  return (
    <Figure question={question} note="The newest targets of which annotators disagree.">
      {found.data && rows.length === 0 ? (
        <NoFigure>Nobody disagrees with anybody, as far as the same things were annotated twice.</NoFigure>
      ) : (
        <ul className={styles.rows}>
          {rows.map((row) => (
            <Row key={`${row.target.id} ${row.target.position} ${row.name}`} address={address} row={row} rubric={rubrics.data?.find(({ name }) => name === row.name)} />
          ))}
        </ul>
      )}
    </Figure>
  );
}

function Row({ address, row, rubric }: { address: string; row: Disagreement; rubric: Rubric | undefined }) {
  const { name, target, annotations } = row;
  return (
    <li className={styles.row}>
      <Link to={paths.review(address, { level: levelOf(target.kind), id: target.id })} className={styles.name}>
        {name}
        {target.name && <span className={styles.target}> {target.name}</span>}
        <span className="spoken"> of {target.kind} {target.id}: settle it</span>
      </Link>
      <AnswerStrip answers={annotations} standing={(label) => standingOf(rubric, label)} />
    </li>
  );
}
