import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";

import { readAgain } from "../../api/queryClient";
import { projectRubricsQuery } from "../../api/rubric";
import { spanQuery, type WholeSpan } from "../../api/span";
import type { Trace } from "../../api/trace";
import { AnnotatePanel } from "../../annotate/AnnotatePanel";
import { targetOf } from "../../annotate/mine";
import { Said } from "../../annotate/Said";
import { useMine } from "../../annotate/useMine";
import { conversationOf } from "../../domain/conversation";
import type { Target } from "../../domain/outbox";
import { useKeys } from "../../keys/useKeys";
import { paths } from "../../paths";
import { AskName } from "../../person/AskName";
import { Link } from "../../router/Link";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorState } from "../../ui/ErrorState";
import { KeyHint } from "../../ui/KeyHint";
import { Skeleton } from "../../ui/Skeleton";
import { DocumentJudgement } from "./DocumentJudgement";
import { SpanContent } from "./SpanContent";
import { SpanHead } from "./SpanHead";
import styles from "./SpanPane.module.css";
import { below, type Tree } from "./steps";
import { type About, useView } from "./view";

/** The chosen span: what it is, its content, what is said of it, and my answers. */
export function SpanPane({ project, trace, tree, id }: { project: string; trace: Trace; tree: Tree; id: string }) {
  const span = useQuery(spanQuery(id));
  if (span.isPending) return <Skeleton rows={10} />;
  if (span.isLoadingError) return <ErrorState message={span.error.message} onRetry={() => void span.refetch()} />;
  const { trace_id } = span.data.context;
  if (trace_id !== trace.item.id) {
    return (
      <EmptyState title="This span belongs to another trace.">
        <Link to={paths.trace(project, trace_id, { span: id })}>Open it there</Link>
      </EmptyState>
    );
  }
  return <Shown project={project} trace={trace} tree={tree} span={span.data} stale={span.isPlaceholderData} />;
}

function Shown({ project, trace, tree, span, stale }: { project: string; trace: Trace; tree: Tree; span: WholeSpan; stale: boolean }) {
  const { about, change } = useView();
  const queries = useQueryClient();
  const rubrics = useQuery(projectRubricsQuery(trace.project.id));
  const conversation = useMemo(() => conversationOf(span), [span]);
  const said = useMemo(() => [...span.annotations, ...trace.annotations], [span.annotations, trace.annotations]);
  const mine = useMine(trace.project.id, said, () => {
    void readAgain(queries, ["span", span.context.span_id]);
    void readAgain(queries, ["trace", trace.item.id]);
  });
  const byName = useMemo(() => new Map(rubrics.data?.map((rubric) => [rubric.name, rubric])), [rubrics.data]);
  const evidence = useMemo(() => below(span.context.span_id, tree).filter(({ span_kind }) => RETRIEVES.has(span_kind)), [tree, span.context.span_id]);
  const close = () => change({ about: null });
  const open = (wanted: About) => change({ about: about === wanted ? null : wanted });
  useKeys("trace", { annotate: () => open("span") });
  const asked = about !== null && (typeof about !== "number" || about < conversation.documents.length) ? about : null;
  return (
    <div className={asked === null ? undefined : styles.beside}>
      <article className={styles.span} aria-labelledby="span-title" aria-busy={stale}>
        <SpanHead span={span} conversation={conversation}>
          <Button aria-expanded={asked !== null} onClick={() => open("span")}>
            Annotate <KeyHint keys="r" />
          </Button>
        </SpanHead>
        <SpanContent
          key={span.context.span_id}
          span={span}
          conversation={conversation}
          evidence={evidence}
          onStep={(step) => change({ span: step })}
          spanPath={(traceId, spanId) => paths.trace(project, traceId, { span: spanId })}
          renderJudgement={(document) => (
            <DocumentJudgement
              target={documentOf(span, document.position)}
              annotations={span.annotations}
              rubrics={byName}
              mine={mine}
              onOpen={() => open(document.position)}
              open={asked === document.position}
            />
          )}
        >
          <Said annotations={span.annotations} title="Annotations of this span" empty="Nobody has said anything of this span yet." rubrics={byName} mine={mine} aboutWhat={whichDocument} onEdit={({ target }) => change({ about: target.position ?? "span" })} />
          <Said annotations={trace.annotations} title="Annotations of the trace" rubrics={byName} mine={mine} onEdit={() => change({ about: "trace" })} />
        </SpanContent>
      </article>
      {asked !== null && (
        <AnnotatePanel
          project={trace.project.id}
          target={asked === "trace" ? targetOf("trace", trace.item.id) : asked === "span" ? targetOf("span", span.context.span_id) : documentOf(span, asked)}
          mine={mine}
          onClose={close}
          about={
            <Choice
              legend="What about"
              legendShown={false}
              value={String(asked)}
              options={[["span", "This span"], ["trace", "The trace"], ...(typeof asked === "number" ? ([[String(asked), `Document ${asked + 1}`]] as const) : [])]}
              onChange={(wanted) => change({ about: wanted === "span" || wanted === "trace" ? wanted : Number(wanted) })}
            />
          }
        />
      )}
      {mine.asking && <AskName onDone={() => mine.onNamed(true)} onClose={() => mine.onNamed(false)} />}
    </div>
  );
}

const RETRIEVES = new Set(["RETRIEVER", "RERANKER"]);

/** What an annotation is about, where a span has annotations of its documents too. */
function whichDocument({ target }: { target: Target }): string {
  return target.kind === "document" ? `Document ${(target.position ?? 0) + 1}` : "Span";
}

function documentOf(span: WholeSpan, position: number): Target {
  return targetOf("document", span.context.span_id, position);
}
