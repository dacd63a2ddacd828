import { queryOptions } from "@tanstack/react-query";

import { answered, client } from "./client";
import type { components } from "./schema";

export type Trace = components["schemas"]["TraceItem"];
export type Step = components["schemas"]["Step"];

/** One trace with all its steps, by its OpenTelemetry id. */
export function traceQuery(trace: string) {
  return queryOptions({
    queryKey: ["trace", trace],
    queryFn: ({ signal }) => answered(client.GET("/v1/traces/{trace_identifier}", { params: { path: { trace_identifier: trace } }, signal })),
  });
}
