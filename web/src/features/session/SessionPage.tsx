import { type UseQueryResult, useInfiniteQuery, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";

import { AnnotatePanel } from "../../annotate/AnnotatePanel";
import { targetOf } from "../../annotate/mine";
import { Said } from "../../annotate/Said";
import { useMine } from "../../annotate/useMine";
import { isGone } from "../../api/failure";
import { useOnTopic } from "../../api/live";
import { projectQuery } from "../../api/project";
import { readAgain } from "../../api/queryClient";
import { projectRubricsQuery } from "../../api/rubric";
import { sessionAnnotationsQuery, type SessionItem, sessionQuery, type Turn, turnsQuery } from "../../api/session";
import type { Annotation } from "../../domain/annotation";
import { useKeys } from "../../keys/useKeys";
import { paths } from "../../paths";
import { AskName } from "../../person/AskName";
import { Link } from "../../router/Link";
import { useSearchParams } from "../../router/location";
import { useParams } from "../../router/params";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { ErrorState } from "../../ui/ErrorState";
import { KeyHint } from "../../ui/KeyHint";
import { Page } from "../../ui/Page";
import { Skeleton } from "../../ui/Skeleton";
import { More } from "./More";
import { SessionFacts } from "./SessionFacts";
import styles from "./SessionPage.module.css";
import { TurnCard } from "./TurnCard";

/** One session as a conversation: each trace is a turn, and can be answered for itself or with the whole. */
export function SessionPage() {
  const { project: address = "", session: id = "" } = useParams();
  const session = useQuery(sessionQuery(address, id));
  if (session.isPending) {
    return (
      <Page title="Session">
        <Skeleton rows={8} />
      </Page>
    );
  }
  if (session.isLoadingError) {
    const gone = isGone(session.error);
    return (
      <Page title={gone ? "There is no such session" : "Session"}>
        <ErrorState message={session.error.message} onRetry={() => void session.refetch()}>
          {gone && <Link to={paths.explore(address, { level: "session" })}>Look in Explore</Link>}
        </ErrorState>
      </Page>
    );
  }
  return <Loaded key={id} address={address} id={id} session={session.data} />;
}

/** The same for every turn of which nothing is said, so that none is drawn again when something is said of another. */
const NOTHING: Annotation[] = [];

/** Pages of annotations as one list. */
function together(pages: UseQueryResult<Annotation[]>[]) {
  return { annotations: pages.flatMap(({ data }) => data ?? []), isComplete: pages.length > 0 && pages.every(({ data }) => data !== undefined), failed: pages.find(({ isLoadingError }) => isLoadingError) };
}

function Loaded({ address, id, session: item }: { address: string; id: string; session: SessionItem }) {
  const [search, setSearch] = useSearchParams();
  const queries = useQueryClient();
  const project = useQuery(projectQuery(address));
  const rubrics = useQuery(projectRubricsQuery(address));
  const conversation = useInfiniteQuery(turnsQuery(item));
  const turns = useMemo(() => conversation.data?.pages.flatMap(({ data }) => data) ?? [], [conversation.data]);
  const { annotations, isComplete, failed } = useQueries({ queries: (conversation.data?.pages ?? []).map(({ data }, page) => sessionAnnotationsQuery(address, id, data, page === 0)), combine: together });
  const answers = useMemo(() => answersByTurn(turns, annotations), [turns, annotations]);
  const refresh = () => void readAgain(queries, ["session", address, id, "annotations"]);
  useOnTopic(`annotations:${project.data?.data.id ?? ""}`, refresh);
  const mine = useMine(address, annotations, refresh);
  const byName = useMemo(() => new Map(rubrics.data?.map((rubric) => [rubric.name, rubric])), [rubrics.data]);
  const places = useMemo(() => new Map(turns.flatMap(({ trace_id, span_id }, place) => [trace_id, span_id ?? trace_id].map((name) => [name, place + 1] as const))), [turns]);

  const wanted = search.get("annotate");
  const about = wanted === "session" || places.has(wanted ?? "") ? wanted : null;
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = conversation;
  const more = () => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  };
  const isFurther = wanted !== null && about === null; // a link to a turn that is not read yet
  useEffect(() => {
    if (isFurther && hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
  }, [isFurther, hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
  const annotate = useCallback(
    (target: string | null) =>
      setSearch(
        (before) => {
          const after = new URLSearchParams(before);
          if (target === null || target === before.get("annotate")) after.delete("annotate");
          else after.set("annotate", target);
          return after;
        },
        { replace: true },
      ),
    [setSearch],
  );
  useKeys("trace", { annotate: () => annotate("session") });
  const turn = about === null ? undefined : places.get(about);
  return (
    <Page title={`Session ${id}`} note={<SessionFacts item={item} />}>
      <div className={about === null ? undefined : styles.beside}>
        <div className={styles.column}>
          <p>
            <Button aria-expanded={about === "session"} onClick={() => annotate("session")}>
              Annotate the session <KeyHint keys="r" />
            </Button>
          </p>
          <ol className={styles.turns}>
            {turns.map((one, place) => (
              <li key={one.trace_id}>
                <TurnCard
                  turn={one}
                  place={place + 1}
                  address={address}
                  answers={answers.get(one.trace_id) ?? NOTHING}
                  rubrics={byName}
                  me={mine.me}
                  open={about === one.trace_id}
                  onAnnotate={annotate}
                />
              </li>
            ))}
          </ol>
          {conversation.isPending && <Skeleton rows={8} />}
          {(conversation.isLoadingError || isFetchNextPageError) && <ErrorState message={conversation.error.message} onRetry={() => void (conversation.data ? fetchNextPage() : conversation.refetch())} />}
          {hasNextPage && !isFetchNextPageError && <More key={turns.length} shown={turns.length} all={item.trace_count ?? 0} onMore={more} />}
          {failed && <ErrorState message={failed.error?.message ?? ""} onRetry={() => void failed.refetch()} />}
          {isComplete && !hasNextPage && (
            <Said
              title="All annotations"
              annotations={annotations}
              empty="Nobody has said anything of this session yet."
              rubrics={byName}
              mine={mine}
              aboutWhat={({ target }) => (target.kind === "session" ? "Session" : `Turn ${places.get(target.id) ?? "?"}${target.kind === "document" ? `, document ${(target.position ?? 0) + 1}` : ""}`)}
              onEdit={({ target }) => annotate(target.kind === "session" ? "session" : target.id)}
            />
          )}
        </div>
        {about !== null && (
          <AnnotatePanel
            project={address}
            target={about === "session" ? targetOf("session", id) : targetOf("trace", about)}
            mine={mine}
            onClose={() => annotate(null)}
            about={
              <Choice
                legend="What about"
                legendShown={false}
                value={about}
                options={[["session", "The session"], ...(turn === undefined ? [] : ([[about, `Turn ${turn}`]] as const))]}
                onChange={annotate}
              />
            }
          />
        )}
      </div>
      {mine.asking && <AskName onDone={() => mine.onNamed(true)} onClose={() => mine.onNamed(false)} />}
    </Page>
  );
}

/** What is said of each turn as a whole: of its trace, and of its root span, but not of the span's documents. */
function answersByTurn(turns: readonly Turn[], annotations: readonly Annotation[]): Map<string, Annotation[]> {
  const turnOf = new Map(turns.flatMap(({ trace_id, span_id }) => [trace_id, span_id ?? trace_id].map((id) => [id, trace_id] as const)));
  const answers = new Map<string, Annotation[]>();
  for (const annotation of annotations) {
    const turn = annotation.target.kind === "document" ? undefined : turnOf.get(annotation.target.id);
    if (turn !== undefined) answers.set(turn, [...(answers.get(turn) ?? []), annotation]);
  }
  return answers;
}
