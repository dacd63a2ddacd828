import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useParams, useSearchParams } from "react-router";

import { AnnotatePanel } from "../../annotate/AnnotatePanel";
import { targetOf } from "../../annotate/mine";
import { Said } from "../../annotate/Said";
import { useMine } from "../../annotate/useMine";
import { useOnTopic } from "../../api/live";
import { projectQuery } from "../../api/project";
import { readAgain } from "../../api/queryClient";
import { projectRubricsQuery } from "../../api/rubric";
import { MOST_TURNS, sessionAnnotationsQuery, type SessionItem, sessionQuery } from "../../api/session";
import type { Annotation } from "../../domain/annotation";
import { useKeys } from "../../keys/useKeys";
import { AskName } from "../../person/AskName";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { ErrorState } from "../../ui/ErrorState";
import { KeyHint } from "../../ui/KeyHint";
import { Page } from "../../ui/Page";
import { formatCount } from "../../ui/number";
import { Skeleton } from "../../ui/Skeleton";
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
  if (session.isError) {
    return (
      <Page title="Session">
        <ErrorState message={session.error.message} onRetry={() => void session.refetch()} />
      </Page>
    );
  }
  return <Loaded key={id} address={address} id={id} session={session.data} />;
}

const NOTHING: Annotation[] = [];

function Loaded({ address, id, session: { item, turns } }: { address: string; id: string; session: SessionItem }) {
  const [search, setSearch] = useSearchParams();
  const queries = useQueryClient();
  const project = useQuery(projectQuery(address));
  const rubrics = useQuery(projectRubricsQuery(address));
  const said = useQuery(sessionAnnotationsQuery(address, id, turns));
  const annotations = said.data ?? NOTHING;
  const refresh = () => void readAgain(queries, ["session", address, id, "annotations"]);
  useOnTopic(`annotations:${project.data?.data.id ?? ""}`, refresh);
  const mine = useMine(address, annotations, refresh);
  const byName = useMemo(() => new Map(rubrics.data?.map((rubric) => [rubric.name, rubric])), [rubrics.data]);
  const places = useMemo(() => new Map(turns.flatMap(({ trace_id, span_id }, place) => [trace_id, span_id ?? trace_id].map((name) => [name, place + 1] as const))), [turns]);

  const wanted = search.get("annotate");
  const about = wanted === "session" || places.has(wanted ?? "") ? wanted : null;
  const annotate = (target: string | null) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (target === null || target === about) after.delete("annotate");
        else after.set("annotate", target);
        return after;
      },
      { replace: true, preventScrollReset: true },
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
                  answers={annotations.filter(({ target }) => target.id === one.trace_id || (target.kind === "span" && target.id === one.span_id))}
                  rubrics={byName}
                  me={mine.me}
                  open={about === one.trace_id}
                  onAnnotate={() => annotate(one.trace_id)}
                />
              </li>
            ))}
          </ol>
          {(item.trace_count ?? 0) > turns.length && (
            <p className={styles.note}>
              The first {MOST_TURNS} of {formatCount(item.trace_count ?? 0)} turns are shown. Explore lists them all.
            </p>
          )}
          {said.isError && <ErrorState message={said.error.message} onRetry={() => void said.refetch()} />}
          {said.data && (
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
