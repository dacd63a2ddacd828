import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef } from "react";

import { isGone } from "../../api/failure";
import { useOnTopic } from "../../api/live";
import { readAgain } from "../../api/queryClient";
import { spanQuery } from "../../api/span";
import { type Trace, traceQuery } from "../../api/trace";
import { addressOf, paths } from "../../paths";
import { Link, Navigate } from "../../router/Link";
import { useLocation } from "../../router/location";
import { useParams } from "../../router/params";
import { ErrorState } from "../../ui/ErrorState";
import { Page } from "../../ui/Page";
import { Skeleton } from "../../ui/Skeleton";
import { SpanPane } from "./SpanPane";
import { StepsPane } from "./StepsPane";
import { treeOf } from "./steps";
import { TraceFacts } from "./TraceFacts";
import styles from "./TracePage.module.css";
import { useView } from "./view";

/** One trace: its steps, and what the chosen one took in and put out. */
export function TracePage() {
  const { project = "", trace: id = "" } = useParams();
  const { search } = useLocation();
  const trace = useQuery(traceQuery(id));
  const view = useView();
  useQuery({ ...spanQuery(view.span ?? ""), enabled: view.span !== null }); // asked for beside the trace, not after it
  if (trace.isPending) {
    return (
      <Page title="Trace">
        <Skeleton rows={12} />
      </Page>
    );
  }
  if (trace.isLoadingError) {
    const gone = isGone(trace.error);
    return (
      <Page title={gone ? "There is no such trace" : "Trace"}>
        <ErrorState message={trace.error.message} onRetry={() => void trace.refetch()}>
          {gone && <Link to={paths.explore(project)}>Look in Explore</Link>}
        </ErrorState>
      </Page>
    );
  }
  const home = addressOf(trace.data.project);
  if (project !== home && project !== trace.data.project.id) return <Navigate to={`${paths.trace(home, id)}${search}`} />;
  return <Loaded key={id} project={project} trace={trace.data} />;
}

function Loaded({ project, trace }: { project: string; trace: Trace }) {
  const { item, steps, root_span_id } = trace;
  const view = useView();
  const queries = useQueryClient();
  const selected = view.span ?? root_span_id ?? steps[0]?.span_id ?? null;
  const content = useRef<HTMLDivElement>(null);
  useOnTopic(`annotations:${trace.project.id}`, () => {
    void readAgain(queries, ["trace", item.id]);
    void readAgain(queries, ["span"]);
  });
  const tree = useMemo(() => treeOf(steps), [steps]);
  const toContent = () => {
    // What is read next begins where it can be seen, whatever was scrolled before.
    if (content.current && content.current.getBoundingClientRect().top < 0) content.current.scrollIntoView();
  };
  return (
    <Page title={item.name || "Trace"} note={<TraceFacts project={project} trace={trace} />}>
      <div className={view.stepsHidden ? styles.wide : styles.panes}>
        <StepsPane trace={trace} tree={tree} selected={selected} onChosen={toContent} />
        <div ref={content} className={styles.content}>
          {selected === null ? <p>No span of this trace has arrived.</p> : <SpanPane project={project} trace={trace} tree={tree} id={selected} />}
        </div>
      </div>
    </Page>
  );
}
