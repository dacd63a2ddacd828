/** Every column that can be shown, in the order in which they stand. */
export const COLUMN_IDS = [
  "name",
  "kind",
  "content",
  "input",
  "output",
  "annotations",
  "status",
  "latency",
  "tokens",
  "cost",
  "start_time",
  "model",
  "user",
  "session",
  "parts",
  "errors",
  "notes",
  "id",
] as const;

export type ColumnId = (typeof COLUMN_IDS)[number];

/** What shows until somebody chooses: all of it fits on a screen 1440 pixels wide. */
export const DEFAULT_COLUMNS: readonly ColumnId[] = ["name", "content", "annotations", "status", "latency", "tokens", "cost", "start_time"];

/** The columns that `a,b,c` names, in our order; null when it names none. The name of a row always shows: it leads to it. */
export function chosenColumns(text: string | null): ColumnId[] | null {
  const named = new Set(text?.split(",") ?? []);
  const known = COLUMN_IDS.filter((id) => named.has(id));
  if (known.length === 0) return null;
  return named.has("name") ? known : ["name", ...known];
}

/** The choice with one column more or fewer; null when it is what shows anyway. */
export function withColumn(columns: readonly ColumnId[], id: ColumnId, shown: boolean): ColumnId[] | null {
  const next = COLUMN_IDS.filter((one) => (one === id ? shown : columns.includes(one)));
  return next.join() === DEFAULT_COLUMNS.join() ? null : next;
}
