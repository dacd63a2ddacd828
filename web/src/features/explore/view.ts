import { ROOTS } from "../../domain/roots";
import { chosenColumns, type ColumnId } from "./columnChoice";
import { isBound, type TimeRange } from "./timeBounds";

export type Level = "span" | "trace" | "session";
export type Sort = "start_time" | "latency";
export type Order = "desc" | "asc";

/** What is looked at: everything of it stands in the address. `cols` is null for the columns of the browser's choice. */
export type View = { level: Level; filter: string; range: TimeRange; sort: Sort; order: Order; cols: ColumnId[] | null };

export const LEVELS = [
  ["span", "Spans"],
  ["trace", "Traces"],
  ["session", "Sessions"],
] as const satisfies readonly (readonly [Level, string])[];

const NOUNS = { trace: ["trace", "traces"], span: ["span", "spans"], session: ["session", "sessions"] } as const;

/** "1 trace", "77 traces", "over 100,000 traces" when counting stopped there. */
export function counted(level: Level, count: number, exact = true): string {
  return `${exact ? "" : "over "}${count.toLocaleString("en-US")} ${noun(level, count)}`;
}

export function noun(level: Level, count: number): string {
  return NOUNS[level][count === 1 ? 0 : 1];
}

/**
 * The view of an address. One that names neither a level nor a filter shows root spans: each request once, and on the
 * level on which clients and judges annotate. What cannot be read is as if it were not there.
 */
export function viewOf(search: URLSearchParams): View {
  const named = LEVELS.find(([name]) => name === search.get("level") || `${name}s` === search.get("level"))?.[0];
  const level = named ?? "span";
  const bound = (name: string) => {
    const text = search.get(name);
    return text !== null && isBound(text) ? text : null;
  };
  return {
    level,
    filter: search.get("f")?.trim() ?? (named === undefined ? ROOTS : ""),
    range: { from: bound("from"), to: bound("to") },
    sort: level === "trace" && search.get("sort") === "latency" ? "latency" : "start_time",
    order: search.get("order") === "asc" ? "asc" : "desc",
    cols: chosenColumns(search.get("cols")),
  };
}

/** The view as parameters of an address, without what goes without saying. */
export function searchOf(view: View): Record<string, string | null> {
  const first = view.level === "span" && view.filter === ROOTS;
  return {
    level: first ? null : view.level,
    f: first ? null : view.filter || null,
    from: view.range.from,
    to: view.range.to,
    sort: view.sort === "latency" ? view.sort : null,
    order: view.order === "asc" ? view.order : null,
    cols: view.cols?.join(",") ?? null,
  };
}
