import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { batchesQuery, itemCountQuery, type Selection } from "../../api/reviewItem";
import type { Rubric } from "../../domain/rubric";
import { annotatorOf } from "../../preferences";
import { useSearchParams } from "../../router/location";
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

type Props = { project: string; queue: Queue; rubrics: readonly Rubric[]; questions: readonly Rubric[]; person: string };

/** One review from its first item to its end. Other items or another person are another review; other questions are not. */
export function Review({ project, queue, rubrics, questions, person }: Props) {
  const me = annotatorOf(person);
  const [desk] = useState(() => openDesk(project, begin(me, questions, queue.stays, Date.now())));
  const { session, says } = useSyncExternalStore(desk.listen, desk.state);
  const [, setSearch] = useSearchParams();

  const all: Selection = { project, kind: queue.kind, filter: queue.filter, from: queue.from, to: queue.to, ids: queue.ids };
  const selection = queue.again || queue.ids.length > 0 ? all : { ...all, filter: unansweredFilter(questions, me, queue.filter) };
  useLayoutEffect(() => desk.send({ type: "asked", questions, stays: queue.stays }), [desk, questions, queue.stays]);
  const batches = useInfiniteQuery(batchesQuery(selection, me));
  useCount(desk, all, selection);

  const { data, hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = batches;
  useEffect(() => desk.load(data?.pages ?? []), [desk, data]);
  const known = useMemo(() => new Set(session.entries.map(({ id }) => id)), [session.entries]);
  const isLoading = data?.pages.some(({ items }) => items.some(({ item }) => !known.has(item.id))) ?? true;
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
    return <Desktop frame={frame} desk={desk} session={session} entry={entry} around={desk.around(entry.review.item.trace_id)} says={says} />;
  }
  const failed = batches.error !== null && !isFetchingNextPage;
  return (
    <Frame {...frame} says={says}>
      {failed && <ErrorState message={batches.error?.message ?? ""} onRetry={() => void (data ? fetchNextPage() : batches.refetch())} />}
      {!failed && (hasNextPage || isLoading) && <Skeleton rows={8} />}
      {!failed && !hasNextPage && !isLoading && (
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
    if (count !== undefined && missing !== undefined) desk.send({ type: "counted", finished: Math.max(count - missing, 0), total: count });
  }, [desk, count, missing]);
}
