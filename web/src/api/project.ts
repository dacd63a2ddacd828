import { queryOptions } from "@tanstack/react-query";

import { answered, client } from "./client";
import type { components } from "./schema";

export type Project = components["schemas"]["Project"];

/** One page of all projects, newest first. */
export function projectsQuery(cursor: string | null) {
  return queryOptions({
    queryKey: ["projects", { cursor }],
    queryFn: ({ signal }) => answered(client.GET("/v1/projects", { params: { query: cursor === null ? {} : { cursor } }, signal })),
  });
}

/** One project, by its name or id. */
export function projectQuery(identifier: string) {
  return queryOptions({
    queryKey: ["project", identifier],
    queryFn: ({ signal }) =>
      answered(client.GET("/v1/projects/{project_identifier}", { params: { path: { project_identifier: identifier } }, signal })),
  });
}
