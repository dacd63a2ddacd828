import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { answered, client } from "./client";
import type { components } from "./schema";

export type AnnotationSummary = components["schemas"]["AnnotationSummary"];
export type AnnotationSeries = components["schemas"]["AnnotationSeries"];
export type ScoreDistribution = components["schemas"]["ScoreDistribution"];
export type AnnotatorKind = components["schemas"]["AnnotatorKind"];
export type Disagreement = Pick<components["schemas"]["Disagreement"], "name" | "target" | "annotations">;
export type SpanSeries = components["schemas"]["SpanSeries"];
export type TargetKind = components["schemas"]["TargetKind"];

/** When the targets started: from the first moment on, before the second. ISO 8601. */
export type Range = { start_time: string; end_time: string };

/** What was annotated under each name, and how. */
export function summariesQuery(project: string, range: Range) {
  return queryOptions({
    queryKey: ["annotations", project, "summaries", range],
    queryFn: ({ signal }) =>
      answered(client.GET("/v1/projects/{project_identifier}/annotation_summaries", { params: { path: { project_identifier: project }, query: range }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** The annotations of a name on one kind of target, along time. `bucket` is in seconds. */
export function annotationSeriesQuery(project: string, name: string, target_kind: TargetKind, range: Range, bucket: number) {
  return queryOptions({
    queryKey: ["annotations", project, "series", name, target_kind, range, bucket],
    queryFn: ({ signal }) =>
      answered(
        client.GET("/v1/projects/{project_identifier}/annotation_summaries/series", {
          params: { path: { project_identifier: project }, query: { name: [name], target_kind, bucket: String(bucket), ...range } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** How the scores of a name are spread, by the bins that its rubric offers. */
export function distributionQuery(project: string, name: string, target_kind: TargetKind, range: Range) {
  return queryOptions({
    queryKey: ["annotations", project, "distribution", name, target_kind, range],
    queryFn: ({ signal }) =>
      answered(
        client.GET("/v1/projects/{project_identifier}/annotation_summaries/distribution", {
          params: { path: { project_identifier: project }, query: { name, target_kind, ...range } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** Number, errors, latency, tokens and cost of spans along time. `bucket` is in seconds. */
export function spanSeriesQuery(project: string, range: Range, bucket: number) {
  return queryOptions({
    queryKey: ["spans", project, "series", range, bucket],
    queryFn: ({ signal }) =>
      answered(
        client.GET("/v1/projects/{project_identifier}/span_series", {
          params: { path: { project_identifier: project }, query: { bucket: String(bucket), ...range } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** What the annotators do not agree on, newest target first. */
export function disagreementsQuery(project: string, target_kind: TargetKind, name: string | null, range: Partial<Range>, limit: number) {
  return queryOptions({
    queryKey: ["annotations", project, "disagreements", target_kind, name, range, limit],
    queryFn: ({ signal }) =>
      answered(
        client.GET("/v1/projects/{project_identifier}/disagreements", {
          params: { path: { project_identifier: project }, query: { target_kind, limit, ...(name === null ? {} : { name: [name] }), ...range } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

export type AnnotationMatrix = components["schemas"]["AnnotationMatrix"];
export type AnnotationShares = components["schemas"]["AnnotationShares"];
export type RetrievalRank = components["schemas"]["RetrievalRank"];

/** How often one kind of annotator said this where the other said that, and how far they agree. */
export function matrixQuery(project: string, name: string, target_kind: TargetKind, rows: AnnotatorKind, columns: AnnotatorKind, range: Range) {
  return queryOptions({
    queryKey: ["annotations", project, "matrix", name, target_kind, rows, columns, range],
    queryFn: ({ signal }) =>
      answered(
        client.GET("/v1/projects/{project_identifier}/annotation_matrix", {
          params: { path: { project_identifier: project }, query: { name, target_kind, rows, columns, ...range } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** How the labels of a name are divided, for each value of an attribute such as `llm.model_name`. */
export function sharesQuery(project: string, name: string, target_kind: TargetKind, by: string, range: Range) {
  return queryOptions({
    queryKey: ["annotations", project, "shares", name, target_kind, by, range],
    queryFn: ({ signal }) =>
      answered(
        client.GET("/v1/projects/{project_identifier}/annotation_shares", {
          params: { path: { project_identifier: project }, query: { name, target_kind, by, ...range } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** How relevant documents were, by the place at which they were retrieved. */
export function ranksQuery(project: string, name: string, k: number, range: Range) {
  return queryOptions({
    queryKey: ["annotations", project, "ranks", name, k, range],
    queryFn: ({ signal }) =>
      answered(
        client.GET("/v1/projects/{project_identifier}/retrieval_metrics/ranks", {
          params: { path: { project_identifier: project }, query: { name, k, ...range } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}
