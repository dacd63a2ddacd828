import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { use, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useSearchParams } from "react-router";

import { resume } from "../../api/outbox";
import { batchesQuery, itemCountQuery, type Selection } from "../../api/reviewItem";
import type { Span } from "../../api/span";
import type { Rubric } from "../../domain/rubric";
import { annotatorOf } from "../../preferences";
import { ErrorState } from "../../ui/ErrorState";
import { Skeleton } from "../../ui/Skeleton";
import { type Desk, openDesk } from "./desk";
import { Desktop } from "./Desktop";
import { End } from "./End";
import { Frame } from "./Frame";
import { type Queue, unansweredFilter } from "./queue";
import { begin, current } from "./session";

/** The next batch is asked for when so many items are left. */
const REFILL_AT = 15;

const NONE: readonly Span[] = [];

type Props = { project: string; queue: Queue; rubrics: readonly Rubric[]; questions: readonly Rubric[]; person: string };

/** One review from its first item to its end. Another address, another person or other questions are another review. */
export function Review({ project, queue, rubrics, questions, person }: Props) {
  use(resume()); // what an earlier visit could not send is laid over what the server tells
  const me = annotatorOf(person);
  const [desk] = useState(() => openDesk(project, begin(me, questions, queue.stays, Date.now())));
  const { session, says } = useSyncExternalStore(desk.listen, desk.state);
  const [, setSearch] = useSearchParams();

  const all: Selection = { project, kind: queue.kind, filter: queue.filter, from: queue.from, to: queue.to, ids: queue.ids };
  const [selection] = useState((): Selection => (queue.again || queue.ids.length > 0 ? all : { ...all, filter: unansweredFilter(questions, me, queue.filter) }));
  const batches = useInfiniteQuery(batchesQuery(selection, me));
  useCount(desk, all, selection);

  const { data, hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = batches;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  useEffect(() => desk.load(items), [desk, items]);
  const left = session.entries.length - session.at;
  const triedAt = useRef<number | null>(null);
  useEffect(() => {
    if (!hasNextPage || isFetchingNextPage || left > REFILL_AT) return;
    if (isFetchNextPageError && triedAt.current === left) return; // after a failure, once for each item that goes by
    triedAt.current = left;
    void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, left, fetchNextPage]);

  const frame = { project, queue, rubrics, asked: questions, session };
  const entry = current(session);
  if (entry) {
    const trace = entry.review.item.trace_id;
    const around = trace === null ? undefined : data?.pages.find(({ spans }) => spans.has(trace))?.spans.get(trace);
    return <Desktop frame={frame} desk={desk} session={session} entry={entry} around={around ?? NONE} says={says} />;
  }
  const failed = batches.error !== null && !isFetchingNextPage;
  return (
    <Frame {...frame} says={says}>
      {failed && <ErrorState message={batches.error?.message ?? ""} onRetry={() => void (data ? fetchNextPage() : batches.refetch())} />}
      {!failed && (batches.isPending || hasNextPage || session.entries.length < items.length) && <Skeleton rows={8} />}
      {!failed && data && !hasNextPage && session.entries.length >= items.length && (
        <End
          project={project}
          queue={queue}
          session={session}
          onBack={() => desk.send({ type: "moved", item: null, by: -1 })}
          onAgain={queue.again ? null : () => setSearch((search) => new URLSearchParams([...search, ["again", "1"]]))}
        />
      )}
    </Frame>
  );
}

/** How many there are in all, and how many were finished before: those that match but are not left. */
function useCount(desk: Desk, all: Selection, left: Selection): void {
  const chosen = all.ids.length > 0;
  const total = useQuery(itemCountQuery(all, { enabled: !chosen }));
  const rest = useQuery(itemCountQuery(left, { enabled: !chosen && left.filter !== all.filter }));
  const count = chosen ? all.ids.length : total.data?.count;
  const missing = chosen || left.filter === all.filter ? count : rest.data?.count;
  useEffect(() => {
    if (count !== undefined && missing !== undefined) desk.send({ type: "counted", before: Math.max(count - missing, 0), total: count });
  }, [desk, count, missing]);
}
