import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useRef, useState } from "react";

import { type ItemCount, type ItemFilter, type ItemOrder, itemPage, type ItemPages, itemsQuery, newItemsQuery, refreshed } from "../../api/item";
import { useOnTopic } from "../../api/live";
import type { Project } from "../../api/project";
import { justAfter, later } from "./moments";

const PAGE = 100;
/** While spans stream in, what is told of them four times a second is looked at this often. */
const AT_MOST_EVERY_MS = 1500;

/**
 * What changes while a list is looked at. Rows that came since are counted and come when they are asked for; the known
 * ones change where they stand.
 */
export function useLive({
  address,
  project,
  wanted,
  order,
  viewKey,
  pages,
  recount,
  visible,
}: {
  address: string;
  project: Project | undefined;
  wanted: ItemFilter;
  order: ItemOrder;
  viewKey: string;
  /** The pages of this view; undefined while there are none of it yet. */
  pages: ItemPages["pages"] | undefined;
  recount: () => void;
  visible: () => [first: number, last: number];
}): { fresh: ItemCount | null; take: () => void } {
  const queries = useQueryClient();
  const { queryKey } = itemsQuery(address, viewKey, () => wanted, order) // only its key is of use here;
  const newest = order.sort === "start_time" && order.order === "desc" ? (pages?.[0]?.data[0]?.start_time ?? null) : null;
  const [moved, setMoved] = useState(0);
  const soon = useThrottled();
  const since = newest === null ? null : later(justAfter(newest), wanted.start_time);
  const fresh = useQuery(newItemsQuery(address, wanted, since, moved));

  useOnTopic(`spans:${project?.id ?? ""}`, () =>
    soon(() => {
      if (pages?.[0]?.data.length === 0) void take();
      else setMoved((times) => times + 1);
      void renew();
    }),
  );
  useOnTopic(`annotations:${project?.id ?? ""}`, () => soon(() => void renew()));

  return { fresh: moved > 0 && newest !== null ? (fresh.data ?? null) : null, take: () => void take() };

  async function take() {
    setMoved(0);
    await queries.resetQueries({ queryKey });
    recount();
  }

  /** The pages in view once more, and what they say now of the rows that are known. */
  async function renew() {
    const kept = queries.getQueryData<ItemPages>(queryKey);
    if (!kept) return;
    const [first, last] = visible();
    const signal = new AbortController().signal;
    let row = 0;
    const inView = kept.pages.map(({ data }, index) => {
      const range = [row, (row += data.length)] as const;
      return range[0] <= last && range[1] > first ? index : -1;
    });
    const asked = inView.filter((index) => index >= 0).map(async (index) => {
      const cursor = kept.pageParams[index] ?? null;
      // The first page would have the new rows, and not its last ones any more, if nothing bounded it.
      const until = cursor === null && newest !== null && wanted.end_time === null ? justAfter(newest) : wanted.end_time;
      return (await itemPage(address, { ...wanted, end_time: until }, order, cursor, PAGE, signal)).data;
    });
    const now = (await Promise.all(asked).catch(() => [])).flat(); // no answer: the list stays as it is, and the next event asks again
    if (now.length > 0) queries.setQueryData<ItemPages>(queryKey, (known) => known && refreshed(known, now));
  }
}

/** Runs what it is given soon, at most every so often, and the last that was given always. */
function useThrottled(): (act: () => void) => void {
  const waiting = useRef<{ timer: ReturnType<typeof setTimeout> | null; last: number; acts: Set<() => void> }>({ timer: null, last: 0, acts: new Set() });
  const run = useEffectEvent(() => {
    const { acts } = waiting.current;
    waiting.current = { timer: null, last: Date.now(), acts: new Set() };
    for (const act of acts) act();
  });
  useEffect(() => () => clearTimeout(waiting.current.timer ?? undefined), []);
  return (act) => {
    waiting.current.acts.add(act);
    waiting.current.timer ??= setTimeout(() => run(), Math.max(50, waiting.current.last + AT_MOST_EVERY_MS - Date.now()));
  };
}
