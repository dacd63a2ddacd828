import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { quoted } from "../domain/quoted";
import { answered, client } from "./client";
import { ApiFailure } from "./failure";
import type { components } from "./schema";

export type SessionItem = components["schemas"]["Item"];
export type Turn = components["schemas"]["Turn"];

/** Turns on a page: what is said of them is asked for by their ids, in one address. */
const PAGE = 100;
const MOST_ANNOTATIONS = 1000;

/** One session: when it was, what it took, how many turns it has. */
export function sessionQuery(project: string, session: string) {
  return queryOptions({
    queryKey: ["session", project, session],
    queryFn: async ({ signal }): Promise<SessionItem> => {
      const query = { target_kind: "session" as const, filter: `session_id == ${quoted(session)}`, limit: 1 };
      const { data } = await answered(client.GET("/v1/projects/{project_identifier}/items", { params: { path: { project_identifier: project }, query }, signal }));
      const [found] = data;
      if (!found) throw new ApiFailure(404, `There is no session ${session} in this project. It may not have arrived yet, or it was deleted.`);
      return found;
    },
  });
}

/** Its turns, oldest first, page after page. */
export function turnsQuery(session: SessionItem) {
  return infiniteQueryOptions({
    queryKey: ["session", session.global_id, "turns"],
    queryFn: ({ signal, pageParam }) =>
      answered(
        client.GET("/v1/sessions/{session_identifier}/turns", {
          params: { path: { session_identifier: session.global_id }, query: { limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? null,
  });
}

/** What is said of the traces of a page of turns and of their root spans, of the session itself with the first page; newest first, notes included: the newest thousand. */
export function sessionAnnotationsQuery(project: string, session: string, turns: readonly Turn[], isFirst: boolean) {
  const ids = [...(isFirst ? [session] : []), ...turns.flatMap(({ trace_id, span_id }) => (span_id === null ? [trace_id] : [trace_id, span_id]))];
  return queryOptions({
    queryKey: ["session", project, session, "annotations", ids],
    queryFn: async ({ signal }) =>
      (await answered(client.GET("/v1/projects/{project_identifier}/annotations", { params: { path: { project_identifier: project }, query: { target_id: ids, limit: MOST_ANNOTATIONS } }, signal }))).data,
  });
}
