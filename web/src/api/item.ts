import { infiniteQueryOptions, type InfiniteData, queryOptions } from "@tanstack/react-query";

import { answered, client } from "./client";
import type { components } from "./schema";

export type Item = components["schemas"]["Item"];
export type Annotation = components["schemas"]["Annotation"];
export type ItemKind = Item["target_kind"];

/** Which items: the same for rows, counts, and exports. Times are moments. */
export type ItemFilter = { kind: ItemKind; filter: string; start_time: string | null; end_time: string | null };
export type ItemOrder = { sort: "start_time" | "latency"; order: "desc" | "asc" };

type ItemPage = components["schemas"]["Page_Item_"];
/** A page, and when it was asked for: a time back from now is reckoned from there. */
type DatedPage = ItemPage & { asOf: string };
export type ItemPages = InfiniteData<DatedPage, string | null>;

const PAGE = 100;
const MOST = 1000;

/**
 * Items of a project, page after page. `view` names the query apart from its bounds, which move with the clock. Rows do
 * not change by themselves: new ones are counted (`newItemsQuery`) and come when they are asked for.
 */
export function itemsQuery(project: string, view: string, filterAt: (now: Date) => ItemFilter, order: ItemOrder) {
  return infiniteQueryOptions({
    queryKey: ["items", project, view, order],
    queryFn: async ({ pageParam, signal }): Promise<DatedPage> => {
      const now = new Date();
      return { ...(await itemPage(project, filterAt(now), order, pageParam, PAGE, signal)), asOf: now.toISOString() };
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? null,
    staleTime: Infinity,
    gcTime: 30 * 60_000,
  });
}

/** One page of items. */
export function itemPage(project: string, { kind, ...filter }: ItemFilter, { sort, order }: ItemOrder, cursor: string | null, limit: number, signal: AbortSignal): Promise<ItemPage> {
  return answered(
    client.GET("/v1/projects/{project_identifier}/items", {
      params: { path: { project_identifier: project }, query: { target_kind: kind, sort, order, limit, ...given({ ...filter, cursor }) } },
      signal,
    }),
  );
}

export type ItemCount = components["schemas"]["ItemCount"];

/** How many items there are; counting stops somewhere, and then `exact` is false. */
export function itemCountQuery(project: string, filter: ItemFilter) {
  return queryOptions({
    queryKey: ["item-count", project, filter],
    queryFn: ({ signal }) => itemCount(project, filter, signal),
  });
}

/** How many items started since a moment, looked at again whenever `version` moves; the number before stays until then. */
export function newItemsQuery(project: string, filter: ItemFilter, since: string | null, version: number) {
  return queryOptions({
    queryKey: ["new-items", project, filter, since, version],
    queryFn: ({ signal }) => itemCount(project, { ...filter, start_time: since }, signal),
    enabled: version > 0 && since !== null,
    placeholderData: (before, query) => (query?.queryKey[3] === since ? before : undefined),
  });
}

function itemCount(project: string, { kind, ...filter }: ItemFilter, signal: AbortSignal): Promise<ItemCount> {
  return answered(
    client.GET("/v1/projects/{project_identifier}/items/count", {
      params: { path: { project_identifier: project }, query: { target_kind: kind, ...given(filter) } },
      signal,
    }),
  );
}

/** Every item, in portions, until there are no more or `signal` says stop. */
export async function* allItems(project: string, filter: ItemFilter, signal: AbortSignal): AsyncGenerator<Item[]> {
  let cursor: string | null = null;
  do {
    // oxlint-disable-next-line no-await-in-loop -- each page tells where the next one begins
    const page: ItemPage = await itemPage(project, filter, { sort: "start_time", order: "desc" }, cursor, MOST, signal);
    yield page.data;
    cursor = page.next_cursor ?? null;
  } while (cursor !== null);
}

/** What stands beside the known rows now; rows that are not known stay away, and none moves. */
export function refreshed(pages: ItemPages, now: readonly Item[]): ItemPages {
  const byId = new Map(now.map((item) => [item.id, item]));
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, data: page.data.map((item) => byId.get(item.id) ?? item) })) };
}

/** Without what is empty: a parameter that is not there, not one that says null. */
export function given<T extends object>(parameters: T): { [K in keyof T]?: Exclude<T[K], null> } {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null && value !== "")) as { [K in keyof T]?: Exclude<T[K], null> };
}
