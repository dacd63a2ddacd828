import { queryOptions } from "@tanstack/react-query";

import { ApiFailure } from "./failure";
import { answered, client } from "./client";
import type { components } from "./schema";

export type Turn = components["schemas"]["Turn"];
export type SessionItem = { item: components["schemas"]["Item"]; turns: Turn[] };

/** Turns that one answer holds; an item's `trace_count` tells whether there are more. */
export const MOST_TURNS = 200;
const MOST_ANNOTATIONS = 1000;

/** One session with its turns, oldest first. `annotator` is whose eyes it is read with: it changes nothing here. */
export function sessionQuery(project: string, session: string) {
  return queryOptions({
    queryKey: ["session", project, session],
    queryFn: async ({ signal }): Promise<SessionItem> => {
      const { data } = await answered(
        client.GET("/v1/projects/{project_identifier}/review_items", {
          params: { path: { project_identifier: project }, query: { target_kind: "session", id: [session], annotator: "", limit: 1 } },
          signal,
        }),
      );
      const [found] = data;
      if (!found) throw new ApiFailure(404, `There is no session ${session} in this project. It may not have arrived yet, or it was deleted.`);
      return found;
    },
  });
}

/** What is said of a session, its traces and their root spans, newest first, notes included: the newest thousand. */
export function sessionAnnotationsQuery(project: string, session: string, turns: readonly Turn[]) {
  const ids = [session, ...turns.flatMap(({ trace_id, span_id }) => (span_id === null ? [trace_id] : [trace_id, span_id]))];
  return queryOptions({
    queryKey: ["session", project, session, "annotations", ids],
    queryFn: async ({ signal }) =>
      (await answered(client.GET("/v1/projects/{project_identifier}/annotations", { params: { path: { project_identifier: project }, query: { target_id: ids, limit: MOST_ANNOTATIONS } }, signal }))).data,
    placeholderData: (before) => before,
  });
}
