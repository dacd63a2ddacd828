import { queryOptions } from "@tanstack/react-query";

import { answered, client } from "./client";
import type { components } from "./schema";

export type Span = components["schemas"]["Span"];

const PAGE = 100;

/** One page of a project's spans, newest first. The page before stays in view while the next one is on its way. */
export function spansQuery(project: string, cursor: string | null, limit = PAGE) {
  return queryOptions({
    queryKey: ["spans", project, { cursor, limit }],
    queryFn: ({ signal }) =>
      answered(
        client.GET("/v1/projects/{project_identifier}/spans", {
          params: { path: { project_identifier: project }, query: { limit, ...(cursor === null ? {} : { cursor }) } },
          signal,
        }),
      ),
    placeholderData: (page, query) => (query?.queryKey[1] === project ? page : undefined),
  });
}
