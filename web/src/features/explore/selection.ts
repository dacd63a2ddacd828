import { withClause } from "../../domain/filter";
import { quoted } from "../../domain/quoted";
import type { Level } from "./view";

/** Which rows are meant: these, or all that match but those that were taken out again. */
export type Selection = { kind: "some"; ids: ReadonlySet<string> } | { kind: "all"; except: ReadonlySet<string> };

export const NOTHING: Selection = { kind: "some", ids: new Set() };
export const EVERYTHING: Selection = { kind: "all", except: new Set() };

/** By hand people select rows, not thousands of them: more than this is a filter's work, and would not fit in an address. */
export const MOST_BY_HAND = 500;

export function isSelected(selection: Selection, id: string): boolean {
  return selection.kind === "some" ? selection.ids.has(id) : !selection.except.has(id);
}

export function isEmpty(selection: Selection): boolean {
  return selection.kind === "some" && selection.ids.size === 0;
}

/** With the row if it was not selected, without it if it was. */
export function toggled(selection: Selection, id: string): Selection {
  return isSelected(selection, id) ? without(selection, [id]) : withAll(selection, [id]);
}

export function withAll(selection: Selection, ids: readonly string[]): Selection {
  if (selection.kind === "some") return { kind: "some", ids: new Set([...selection.ids, ...ids].slice(0, MOST_BY_HAND)) };
  const back = new Set(ids);
  return { kind: "all", except: new Set([...selection.except].filter((id) => !back.has(id))) };
}

function without(selection: Selection, ids: readonly string[]): Selection {
  const gone = new Set(ids);
  if (selection.kind === "all") return { kind: "all", except: new Set([...selection.except, ...ids].slice(0, MOST_BY_HAND)) };
  return { kind: "some", ids: new Set([...selection.ids].filter((id) => !gone.has(id))) };
}

/** The ids from one row to another, both included, in whichever direction. */
export function between(ids: readonly string[], from: string, to: string): string[] {
  const [a, b] = [ids.indexOf(from), ids.indexOf(to)];
  if (b < 0) return [];
  if (a < 0) return [to];
  return ids.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/** How many rows are meant. `matching` is how many match; null while nobody knows, and then so is the answer. */
export function sizeOf(selection: Selection, matching: number | null): number | null {
  if (selection.kind === "some") return selection.ids.size;
  return matching === null ? null : Math.max(0, matching - selection.except.size);
}

/** In an address: `id,id`, `all`, or `all,id,id` without those; null for nothing. */
export function spelled(selection: Selection): string | null {
  if (selection.kind === "all") return ["all", ...selection.except].join(",");
  return selection.ids.size === 0 ? null : [...selection.ids].join(",");
}

export function selectionOf(text: string | null): Selection {
  const [first, ...rest] = (text ?? "").split(",").filter(Boolean).slice(0, MOST_BY_HAND + 1);
  if (first === undefined) return NOTHING;
  return first === "all" ? { kind: "all", except: new Set(rest) } : { kind: "some", ids: new Set([first, ...rest]) };
}

const ID_FIELDS = { span: "span_id", trace: "trace_id", session: "session_id" } as const;

/** The filter that finds exactly the selected rows among those that `filter` finds. */
export function filterFor(selection: Selection, level: Level, filter: string): string {
  if (selection.kind === "some") return `${ID_FIELDS[level]} in ${listed(selection.ids)}`;
  if (selection.except.size === 0) return filter;
  return withClause(filter, `${ID_FIELDS[level]} not in ${listed(selection.except)}`);
}

function listed(ids: ReadonlySet<string>): string {
  return `[${[...ids].map(quoted).join(", ")}]`;
}
