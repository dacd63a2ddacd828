import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { isGone } from "../../api/failure";
import { summariesQuery } from "../../api/insight";
import { useOnTopic } from "../../api/live";
import { projectFiguresQuery, projectQuery } from "../../api/project";
import { RANGES, type RangeName, rangeNamed, rangeUntil } from "../../domain/timeRange";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { useSearchParams } from "../../router/location";
import { useParams } from "../../router/params";
import { NoProject } from "../../shell/NoProject";
import { Button, buttonLook } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorState } from "../../ui/ErrorState";
import { Page } from "../../ui/Page";
import { Skeleton } from "../../ui/Skeleton";
import { Disputed } from "./Disputed";
import styles from "./OverviewPage.module.css";
import { Quality } from "./Quality";
import { Retrieval } from "./Retrieval";
import { Traffic } from "./Traffic";

const FALLBACK: RangeName = "7d";

/** Is quality moving, and what needs me? */
export function OverviewPage() {
  const { project: address = "" } = useParams();
  const [search, setSearch] = useSearchParams();
  const name = rangeNamed(search.get("range"), FALLBACK);
  const [now, setNow] = useState(() => Date.now());
  const range = rangeUntil(now, name);
  const project = useQuery(projectQuery(address));
  const summaries = useQuery(summariesQuery(address, range));
  const annotated = summaries.data?.data.filter(({ mean_score, label_count }) => mean_score !== null || label_count > 0) ?? [];
  const figures = useQuery({ ...projectFiguresQuery(), enabled: summaries.isSuccess && annotated.length === 0 });
  const id = project.data?.data.id ?? "";
  const isEmpty = summaries.isSuccess && annotated.length === 0 && figures.data?.get(id)?.span_count === 0;
  const [moved, setMoved] = useState(false);
  useOnTopic(`annotations:${id}`, () => setMoved(true));
  useOnTopic(`spans:${id}`, () => {
    setMoved(true);
    if (isEmpty) void figures.refetch();
  });
  return (
    <Page title={project.data?.data.name ?? address} note={project.data?.data.description}>
      <div className={styles.tools}>
        <Choice
          legend="Targets that started in the last"
          legendShown={false}
          value={name}
          options={(Object.keys(RANGES) as RangeName[]).map((key) => [key, RANGES[key].says] as const)}
          onChange={choose}
        />
        {moved && (
          <Button
            onClick={() => {
              setMoved(false);
              setNow(Date.now());
            }}
          >
            Something changed: show it
          </Button>
        )}
        <span className={styles.act}>
          <Link to={paths.explore(address)} className={buttonLook()}>
            Explore
          </Link>
          {!isEmpty && !isGone(project.error) && (
            <Link to={paths.review(address)} className={buttonLook("primary")}>
              Review
            </Link>
          )}
        </span>
      </div>
      {content()}
    </Page>
  );

  function choose(chosen: RangeName) {
    const next = new URLSearchParams(search);
    next.set("range", chosen);
    setSearch(next, { replace: true });
  }

  function content() {
    if (isGone(project.error)) return <NoProject message={project.error.message} onRetry={() => void project.refetch()} />;
    if (summaries.isLoadingError) return <ErrorState message={summaries.error.message} onRetry={() => void summaries.refetch()} />;
    if (summaries.isPending || (annotated.length === 0 && figures.isPending)) return <Skeleton rows={8} />;
    if (isEmpty) {
      return (
        <EmptyState title="No span has arrived yet.">
          <Link to={paths.explore(address)}>How to send the first one</Link>
        </EmptyState>
      );
    }
    const judged = annotated.find(({ target_kind }) => target_kind === "document");
    return (
      <div className={styles.figures} aria-busy={summaries.isPlaceholderData}>
        {annotated.length === 0 ? (
          <EmptyState title={`Nothing was annotated in the last ${RANGES[name].says}.`}>
            <p>Review some traces, let users give feedback, or let a judge annotate: then this page shows whether quality moves, and where people and judges differ.</p>
          </EmptyState>
        ) : (
          <>
            <Quality address={address} summaries={annotated} range={range} bucket={RANGES[name].bucket} />
            <Disputed address={address} range={range} summaries={annotated} />
            {judged && <Retrieval address={address} summary={judged} range={range} />}
          </>
        )}
        <Traffic address={address} range={range} bucket={RANGES[name].bucket} />
      </div>
    );
  }
}
