import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { answered, client } from "./client";
import type { ItemKind } from "./item";
import type { components } from "./schema";

export type FilterVocabulary = components["schemas"]["FilterVocabulary"];
export type FilterProblem = components["schemas"]["FilterProblem"];

/** The words of the filter language for a kind of item. They change with the server only. */
export function vocabularyQuery(kind: ItemKind) {
  return queryOptions({
    queryKey: ["filter-vocabulary", kind],
    queryFn: ({ signal }) => answered(client.GET("/v1/filter/vocabulary", { params: { query: { target_kind: kind } }, signal })),
    staleTime: Infinity,
  });
}

/** Values that a field has in a project, the commonest first. Those of the letter before stay until the next are there. */
export function filterValuesQuery(project: string, kind: ItemKind, field: string, prefix = "") {
  return queryOptions({
    queryKey: ["filter-values", project, kind, field, prefix],
    queryFn: ({ signal }) =>
      answered(
        client.GET("/v1/projects/{project_identifier}/filter/values", {
          params: { path: { project_identifier: project }, query: { target_kind: kind, field, prefix, limit: 30 } },
          signal,
        }),
      ),
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });
}

/** What is wrong with a filter, and where; `error` is null when it can be used. */
export function filterCheckQuery(kind: ItemKind, filter: string) {
  return queryOptions({
    queryKey: ["filter-check", kind, filter],
    queryFn: ({ signal }) => answered(client.GET("/v1/filter/check", { params: { query: { filter, target_kind: kind } }, signal })),
    staleTime: Infinity,
  });
}

/** What a filter names that nothing in the project has: it can be used, but was probably not meant so. */
export function filterHintsQuery(project: string, kind: ItemKind, filter: string) {
  return queryOptions({
    queryKey: ["filter-hints", project, kind, filter],
    queryFn: async ({ signal }) => (await answered(client.GET("/v1/filter/check", { params: { query: { filter, target_kind: kind, project } }, signal }))).hints,
  });
}
