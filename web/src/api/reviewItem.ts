import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { answered, client } from "./client";
import type { components } from "./schema";
import type { Span } from "./span";

export type ReviewItem = components["schemas"]["ReviewItem"];
export type ItemKind = components["schemas"]["Item"]["target_kind"];
export type Step = components["schemas"]["Step"];
export type Annotation = components["schemas"]["Annotation"];

/** Which items are looked through. `filter` is in the filter language; `ids` are of single items, in their order. */
export type Selection = { project: string; kind: ItemKind; filter: string | null; from: string | null; to: string | null; ids: readonly string[] };

/** A batch of items, each with all that a reviewer reads of it: of steps, those by trace that found documents or asked a model last. */
export type Batch = { items: ReviewItem[]; spans: ReadonlyMap<string, readonly Span[]>; next: string | number | null };

/** Items in one batch. */
export const BATCH = 20;
const RETRIEVING = new Set(["RETRIEVER", "RERANKER"]);
/** Of one trace. */
const MOST_RETRIEVERS = 10;
/** The messages to a model are left out where they are longer: they can be read step by step. */
const MOST_TOKENS = 50_000;

/** Items of a selection, batch by batch, newest first; of `annotator`, what they said of them. They are not asked for again. */
export function batchesQuery(selection: Selection, annotator: string) {
  return infiniteQueryOptions({
    queryKey: ["review", selection, annotator],
    queryFn: async ({ pageParam, signal }): Promise<Batch> => {
      const { project, kind, filter, from, to, ids } = selection;
      const wanted = typeof pageParam === "number" ? ids.slice(pageParam, pageParam + BATCH) : [];
      const cursor = typeof pageParam === "string" ? pageParam : null;
      const query = {
        target_kind: kind,
        annotator,
        limit: BATCH,
        ...(wanted.length > 0 ? { id: [...wanted] } : {}),
        ...(cursor === null ? {} : { cursor }),
        ...(filter === null ? {} : { filter }),
        ...(from === null ? {} : { start_time: from }),
        ...(to === null ? {} : { end_time: to }),
      };
      const { data, next_cursor } = await answered(client.GET("/v1/projects/{project_identifier}/review_items", { params: { path: { project_identifier: project }, query }, signal }));
      const spans = await spansAround(project, data, signal);
      if (wanted.length === 0) return { items: data, spans, next: next_cursor ?? null };
      const order = new Map(wanted.map((id, place) => [id, place]));
      const items = data.toSorted((one, other) => placeOf(one, order) - placeOf(other, order));
      return { items, spans, next: Number(pageParam) + BATCH < ids.length ? Number(pageParam) + BATCH : null };
    },
    initialPageParam: (selection.ids.length > 0 ? 0 : null) as string | number | null,
    getNextPageParam: ({ next }) => next,
    staleTime: Infinity,
    gcTime: 0,
  });
}

function placeOf({ item }: ReviewItem, order: ReadonlyMap<string, number>): number {
  return order.get(item.id) ?? order.get(item.global_id) ?? order.size;
}

/** Steps that these items are read with, all in one call. */
async function spansAround(project: string, items: readonly ReviewItem[], signal: AbortSignal): Promise<Map<string, Span[]>> {
  const wanted = new Set(items.flatMap(stepsAround));
  const found = new Map<string, Span[]>();
  if (wanted.size === 0) return found;
  const query = { span_id: [...wanted], limit: wanted.size };
  const { data } = await answered(client.GET("/v1/projects/{project_identifier}/spans", { params: { path: { project_identifier: project }, query }, signal }));
  for (const span of data) found.set(span.context.trace_id, [...(found.get(span.context.trace_id) ?? []), span]);
  for (const spans of found.values()) spans.sort((one, other) => one.start_time.localeCompare(other.start_time));
  return found;
}

function stepsAround({ item, span, steps, truncated }: ReviewItem): string[] {
  const others = steps.filter(({ span_id }) => span_id !== span?.context.span_id);
  const retrieving = others.filter(({ span_kind }) => RETRIEVING.has(span_kind)).slice(0, MOST_RETRIEVERS);
  const whole = item.target_kind === "trace" || item.parent_id === null; // a request, not a step of one
  const readable = whole && truncated.length === 0 && (item.total_tokens ?? 0) <= MOST_TOKENS;
  const asking = readable ? others.findLast(({ span_kind }) => span_kind === "LLM") : undefined;
  return [...retrieving, ...(asking ? [asking] : [])].map(({ span_id }) => span_id);
}

/** How many items fit a filter. Not of single items: their number is known. */
export function itemCountQuery({ project, kind, filter, from, to }: Omit<Selection, "ids">, { enabled }: { enabled: boolean }) {
  return queryOptions({
    queryKey: ["review count", project, kind, filter, from, to],
    queryFn: ({ signal }) =>
      answered(
        client.GET("/v1/projects/{project_identifier}/items/count", {
          params: {
            path: { project_identifier: project },
            query: { target_kind: kind, ...(filter === null ? {} : { filter }), ...(from === null ? {} : { start_time: from }), ...(to === null ? {} : { end_time: to }) },
          },
          signal,
        }),
      ),
    staleTime: Infinity,
    gcTime: 0,
    enabled,
  });
}

/** What others said of any of these targets, newest first. Ask only once the reviewer has answered: seeing it before would lead them. */
export function othersQuery(project: string, targets: readonly string[], annotator: string) {
  return queryOptions({
    queryKey: ["others", project, targets, annotator],
    queryFn: async ({ signal }) => {
      const query = { target_id: [...targets], limit: 200 };
      const { data } = await answered(client.GET("/v1/projects/{project_identifier}/annotations", { params: { path: { project_identifier: project }, query }, signal }));
      return data.filter(({ identifier, target }) => identifier !== annotator && target.position === null);
    },
  });
}

/** Whether somebody has annotated a project under an identifier. */
export async function isTaken(project: string, identifier: string): Promise<boolean> {
  const query = { identifier: [identifier], annotator_kind: "HUMAN" as const, limit: 1 };
  const { data } = await answered(client.GET("/v1/projects/{project_identifier}/annotations", { params: { path: { project_identifier: project }, query } }));
  return data.length > 0;
}

/** One step whole, when a reviewer opens it. */
export function stepQuery(spanId: string) {
  return queryOptions({
    queryKey: ["step", spanId],
    queryFn: ({ signal }) => answered(client.GET("/v1/spans/{span_identifier}", { params: { path: { span_identifier: spanId } }, signal })),
    staleTime: Infinity,
  });
}

/** How far an annotator and judges agree on a rubric. */
export function agreementQuery(project: string, name: string, kind: ItemKind, annotator: string) {
  const query = { name, rows: "HUMAN", columns: "LLM", row_identifier: annotator, target_kind: kind } as const;
  return queryOptions({
    queryKey: ["agreement", project, query],
    queryFn: ({ signal }) => answered(client.GET("/v1/projects/{project_identifier}/annotation_matrix", { params: { path: { project_identifier: project }, query }, signal })),
  });
}

/** Where all annotations of one annotator can be downloaded. */
export function exportOfMine(project: string, annotator: string): string {
  const query = new URLSearchParams({ target_kind: "annotation", format: "csv", annotator_kind: "HUMAN", identifier: annotator });
  return `/v1/projects/${encodeURIComponent(project)}/export?${query.toString()}`;
}
