import { useQuery } from "@tanstack/react-query";

import { type Disagreement, disagreementsQuery, type TargetKind } from "../../api/insight";
import { rubricsQuery } from "../../api/rubric";
import { standingOf } from "../../domain/rubric";
import { paths } from "../../paths";
import { annotatorOf, usePreferences } from "../../preferences";
import { Link } from "../../router/Link";
import { useSearchParams } from "../../router/location";
import { AnswerStrip } from "../../ui/AnswerStrip";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorState } from "../../ui/ErrorState";
import { Select } from "../../ui/Select";
import { Skeleton } from "../../ui/Skeleton";
import styles from "./Differences.module.css";

const SHOWN = 100;
const KINDS = [
  ["span", "spans"],
  ["trace", "traces"],
  ["session", "sessions"],
  ["document", "documents"],
] as const;

/** The targets of which annotators say different things, newest first, each answer beside the others. */
export function Differences({ address }: { address: string }) {
  const [search, setSearch] = useSearchParams();
  const { person } = usePreferences();
  const kind: TargetKind = KINDS.find(([value]) => value === search.get("on"))?.[0] ?? "span";
  const found = useQuery(disagreementsQuery(address, kind, null, {}, SHOWN));
  const rubrics = useQuery(rubricsQuery());
  return (
    <>
      <p className={styles.tools}>
        <Select
          label="On"
          value={kind}
          options={KINDS}
          onChange={(value) => {
            const next = new URLSearchParams(search);
            next.set("on", value);
            setSearch(next, { replace: true });
          }}
        />
      </p>
      {found.isPending && <Skeleton rows={8} />}
      {found.isLoadingError && <ErrorState message={found.error.message} onRetry={() => void found.refetch()} />}
      {found.data?.data.length === 0 && (
        <EmptyState title={`Nobody differs from anybody on ${KINDS.find(([value]) => value === kind)?.[1]}.`}>
          <p>Only what was annotated twice under one name can differ. Let two people, or a person and a judge, annotate the same items.</p>
        </EmptyState>
      )}
      <ul className={styles.rows}>
        {found.data?.data.map((row) => (
          <li key={`${row.target.id} ${row.target.position} ${row.name}`} className={styles.row}>
            <Link to={linkOf(address, row)} className={styles.name}>
              {row.name}
              <span className={styles.target}>
                {row.target.name ?? `${row.target.kind} ${row.target.id.slice(0, 12)}`}
                {typeof row.target.position === "number" && `, document ${row.target.position + 1}`}
              </span>
            </Link>
            <AnswerStrip
              answers={row.annotations}
              standing={(label) => standingOf(
                rubrics.data?.find(({ name }) => name === row.name),
                label,
              )}
              me={person === null ? null : annotatorOf(person)}
            />
          </li>
        ))}
      </ul>
      {found.data?.next_cursor && <p className={styles.more}>The newest {SHOWN} are shown.</p>}
    </>
  );
}

function linkOf(address: string, { target }: Disagreement): string {
  return paths.review(address, { level: target.kind === "document" ? "span" : target.kind, id: target.id });
}
