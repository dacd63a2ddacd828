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

/** The first examples that items would become in a dataset by a mapping, and what is there already. Nothing is written. */
export function examplesPreviewQuery(dataset: string | null, items: ExamplesFromItems) {
  return queryOptions({
    queryKey: ["examples preview", dataset, items],
    queryFn: async ({ signal }) => ({ result: await fromItems(dataset ?? "", { ...items, dry_run: true }, signal), mapping: items.mapping }),
    enabled: dataset !== null,
    gcTime: 0,
    placeholderData: keepPreviousData,
  });
}

/** Make examples of items: one new version, all or nothing; safe to repeat, since one span makes one example. */
export async function addItems(dataset: string, items: ExamplesFromItems): Promise<ExamplesResult> {
  const result = await fromItems(dataset, items);
  lastUsed = dataset;
  return result;
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

async function fromItems(dataset: string, body: ExamplesFromItems, signal?: AbortSignal): Promise<ExamplesResult> {
  const path = { dataset_identifier: dataset };
  return (await answered(client.POST("/v1/datasets/{dataset_identifier}/examples/from_items", { params: { path }, body, ...(signal ? { signal } : {}) }))).data;
}
