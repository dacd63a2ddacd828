import { given, type ItemFilter } from "./item";

export type ExportFormat = "jsonl" | "csv" | "parquet";

/**
 * Where the file is fetched from: the whole match, or the items with these ids. The server writes it while it is read,
 * so a link is all it takes, and the browser shows the progress.
 */
export function exportAddress(project: string, { kind, ...filter }: ItemFilter, format: ExportFormat, ids: readonly string[] | null = null): string {
  const search = new URLSearchParams({ target_kind: kind, format, ...given(ids === null ? filter : {}) });
  for (const id of ids ?? []) search.append("id", id);
  return `/v1/projects/${encodeURIComponent(project)}/export?${search}`;
}
