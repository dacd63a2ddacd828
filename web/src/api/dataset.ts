import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { answered, client, done } from "./client";
import type { components } from "./schema";

export type Dataset = components["schemas"]["Dataset"];
export type DatasetVersion = components["schemas"]["DatasetVersion"];
export type Example = components["schemas"]["DatasetExample"];
export type ExamplesFromItems = components["schemas"]["ExamplesFromItems"];
export type ExamplesResult = components["schemas"]["ExamplesFromItemsResult"];
export type PreviewedExample = components["schemas"]["PreviewedExample"];
export type ExampleMapping = components["schemas"]["ExampleMapping"];
export type ExpectedOutput = NonNullable<components["schemas"]["ExampleMapping"]["expected_output"]>;

const MOST = 1000;
const PAGE = 100;
const VERSIONS = 100;

/** All datasets, newest first; or the newest thousand. */
export function datasetsQuery() {
  return queryOptions({
    queryKey: ["datasets"],
    queryFn: async ({ signal }) => (await answered(client.GET("/v1/datasets", { params: { query: { limit: MOST } }, signal }))).data,
  });
}

/** One dataset, by id or name. */
export function datasetQuery(dataset: string) {
  return queryOptions({
    queryKey: ["datasets", dataset],
    queryFn: async ({ signal }) => (await answered(client.GET("/v1/datasets/{dataset_identifier}", { params: { path: { dataset_identifier: dataset } }, signal }))).data,
  });
}

/** The newest hundred versions of a dataset, newest first. */
export function versionsQuery(dataset: string) {
  return queryOptions({
    queryKey: ["datasets", dataset, "versions"],
    queryFn: async ({ signal }) =>
      (await answered(client.GET("/v1/datasets/{dataset_identifier}/versions", { params: { path: { dataset_identifier: dataset }, query: { limit: VERSIONS } }, signal }))).data,
  });
}

/** The examples of a version (null: the newest), page after page; of one split, where one is named. */
export function examplesQuery(dataset: string, version: string | null, split: string | null) {
  return infiniteQueryOptions({
    queryKey: ["datasets", dataset, "examples", version, split],
    queryFn: ({ signal, pageParam }) =>
      answered(
        client.GET("/v1/datasets/{dataset_identifier}/examples", {
          params: {
            path: { dataset_identifier: dataset },
            query: {
              limit: PAGE,
              ...(version === null ? {} : { version_id: version }),
              ...(split === null ? {} : { split: [split] }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? null,
    placeholderData: keepPreviousData,
  });
}

/** The splits that examples of a dataset are in. */
export function splitsQuery(dataset: string) {
  return queryOptions({
    queryKey: ["datasets", dataset, "splits"],
    queryFn: async ({ signal }) => {
      const { data } = await answered(client.GET("/v1/datasets/{dataset_identifier}/splits", { params: { path: { dataset_identifier: dataset }, query: { limit: MOST } }, signal }));
      return data.filter(({ example_count }) => example_count > 0);
    },
  });
}

/** Where examples go: a dataset that is there, by its id, or one that is made with them. */
export type Into = { id: string; name?: never } | { name: string; id?: never };

/** The first examples that items would become by a mapping, and which are there already. Nothing is written or made. */
export function examplesPreviewQuery(into: Into | null, items: ExamplesFromItems) {
  return queryOptions({
    queryKey: ["examples preview", into, items],
    queryFn: async ({ signal }) => ({ result: await fromItems(into ?? { id: "" }, { ...items, dry_run: true }, signal), mapping: items.mapping }),
    enabled: into !== null,
    gcTime: 0,
    placeholderData: keepPreviousData,
  });
}

/** Make examples of items: one new version, all or nothing, also when `signal` stops it. Safe to repeat for a dataset that is there, since one span makes one example. */
export async function addItems(into: Into, items: ExamplesFromItems, signal: AbortSignal): Promise<ExamplesResult & { dataset_id: string }> {
  const { dataset_id, ...result } = await fromItems(into, items, signal);
  if (dataset_id === null) throw new Error("The server did not say which dataset it was.");
  lastUsed = dataset_id;
  return { ...result, dataset_id };
}

let lastUsed: string | null = null;

/** The dataset that this visit added to last: what is curated goes to one place. */
export function lastUsedDataset(): string | null {
  return lastUsed;
}

export async function createDataset(name: string, description: string | null = null): Promise<Dataset> {
  return (await answered(client.POST("/v1/datasets", { body: { name, description } }))).data;
}

/** Delete a dataset with all its versions. */
export async function deleteDataset(dataset: string): Promise<void> {
  await done(client.DELETE("/v1/datasets/{dataset_identifier}", { params: { path: { dataset_identifier: dataset } } }));
}

/** Where a version can be downloaded; null is the newest. */
export function datasetFile(dataset: string, format: "csv" | "jsonl", version: string | null): string {
  const query = version === null ? "" : `?${new URLSearchParams({ version_id: version }).toString()}`;
  return `/v1/datasets/${encodeURIComponent(dataset)}/${format}${query}`;
}

async function fromItems(into: Into, body: ExamplesFromItems, signal: AbortSignal): Promise<ExamplesResult> {
  if (into.name !== undefined) return (await answered(client.POST("/v1/datasets/from_items", { body: { ...body, name: into.name }, signal }))).data;
  const path = { dataset_identifier: into.id };
  return (await answered(client.POST("/v1/datasets/{dataset_identifier}/examples/from_items", { params: { path }, body, signal }))).data;
}
