import { queryOptions } from "@tanstack/react-query";

import { answered, client } from "./client";
import type { components } from "./schema";

export type Span = components["schemas"]["Span"];

/** A span whole, with what surrounds it and what is said of it and its documents. */
export type WholeSpan = components["schemas"]["ProjectSpan"];

const PAGE = 100;

/** One span, by its OpenTelemetry id. The one looked at before stays in view while it is on its way. */
export function spanQuery(span: string) {
  return queryOptions({
    queryKey: ["span", span],
    queryFn: ({ signal }) => answered(client.GET("/v1/spans/{span_identifier}", { params: { path: { span_identifier: span } }, signal })),
    staleTime: SELDOM_MS,
    placeholderData: (before) => before,
  });
}

/** A span that has ended stays as it is; what is said of it is told by the topic of its project. */
const SELDOM_MS = 60_000;

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
