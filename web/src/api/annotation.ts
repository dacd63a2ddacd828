import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { answered, client } from "./client";
import type { components } from "./schema";

export type Annotation = components["schemas"]["Annotation"];
export type AnnotationChange = components["schemas"]["AnnotationChange"];
export type AnnotationFilter = components["schemas"]["AnnotationFilter"];
export type AnnotationPut = components["schemas"]["AnnotationPut"];

const PAGE = 100;

/** The annotations of a project that fit, newest first, in pages. */
export function annotationsQuery(project: string, filter: AnnotationFilter) {
  return infiniteQueryOptions({
    queryKey: ["annotations", project, "list", filter],
    queryFn: ({ signal, pageParam }) =>
      answered(
        client.GET("/v1/projects/{project_identifier}/annotations", {
          params: { path: { project_identifier: project }, query: { ...filter, limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

/** Every change of an annotation, oldest first. */
export function annotationHistoryQuery(id: string) {
  return queryOptions({
    queryKey: ["annotation", id, "history"],
    queryFn: async ({ signal }) => (await answered(client.GET("/v1/annotations/{annotation_id}/history", { params: { path: { annotation_id: id } }, signal }))).data,
  });
}

/** Write annotations: all or none, durable when this returns, safe to repeat. */
export async function putAnnotations(data: AnnotationPut[]): Promise<Annotation[]> {
  return (await answered(client.PUT("/v1/annotations", { body: { data } }))).data;
}

export type Removal = { deleted: number; undo: (() => Promise<void>) | null };

/** Delete annotations by their ids, or those of a project that fit. `undo` brings back what nothing newer replaced. */
export async function removeAnnotations(which: { ids: string[] } | { project: string; filter: AnnotationFilter }): Promise<Removal> {
  const { deleted, removal_id } = await answered(client.POST("/v1/annotations/delete", { body: which }));
  const undo = async () => {
    if (removal_id !== null) await answered(client.POST("/v1/annotations/restore", { body: { removal_id } }));
  };
  return { deleted, undo: removal_id === null ? null : undo };
}
