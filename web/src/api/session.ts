import { queryOptions } from "@tanstack/react-query";

import { ApiFailure } from "./failure";
import { answered, client } from "./client";
import type { components } from "./schema";

export type Turn = components["schemas"]["Turn"];
export type SessionItem = { item: components["schemas"]["Item"]; turns: Turn[] };
export type Annotation = components["schemas"]["Annotation"];

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

/** What is said of a session and of its traces, newest first, notes included. */
export function sessionAnnotationsQuery(project: string, session: string, traces: readonly string[]) {
  return queryOptions({
    queryKey: ["session", project, session, "annotations", traces],
    queryFn: async ({ signal }): Promise<Annotation[]> => {
      const asked = (target_kind: "session" | "trace", target_id: string[]) =>
        answered(client.GET("/v1/projects/{project_identifier}/annotations", { params: { path: { project_identifier: project }, query: { target_kind, target_id, limit: MOST_ANNOTATIONS } }, signal }));
      const [ofSession, ofTraces] = await Promise.all([asked("session", [session]), traces.length === 0 ? null : asked("trace", [...traces])]);
      return [...ofSession.data, ...(ofTraces?.data ?? [])];
    },
    placeholderData: (before) => before,
  });
}
