import type { ItemKind } from "../../api/reviewItem";
import { SKIP } from "../../domain/annotation";
import { questionsOf, requiredOf } from "../../domain/question";
import { quoted } from "../../domain/quoted";
import { ROOTS } from "../../domain/roots";
import type { Rubric } from "../../domain/rubric";

/** What is reviewed, as the address says it. */
export type Queue = {
  kind: ItemKind;
  filter: string | null;
  from: string | null;
  to: string | null;
  ids: readonly string[];
  /** Names of the rubrics to answer; empty for all of the project. */
  rubrics: readonly string[];
  /** Show what I have answered as well. */
  again: boolean;
  /** Stay at an item when its last question was answered, to compare with others. */
  stays: boolean;
};

/** Without a level, a filter or ids: root spans, each request once, and where clients and judges annotate. */
export function queueOf(search: URLSearchParams): Queue {
  const level = search.get("level");
  const kind = level === "trace" || level === "session" ? level : "span";
  const ids = [...new Set(search.getAll("id").flatMap((some) => some.split(",")).filter(Boolean))];
  const untold = level === null && !search.has("f") && ids.length === 0;
  return {
    kind,
    filter: untold ? ROOTS : search.get("f")?.trim() || null,
    from: search.get("from") || null,
    to: search.get("to") || null,
    ids,
    rubrics: search.getAll("rubrics").flatMap((names) => names.split(",")).filter(Boolean),
    again: search.get("again") === "1",
    stays: search.get("stay") === "1",
  };
}

/** The rubrics to answer: those that the address names, or all that people are asked. */
export function askedIn({ rubrics: wanted, kind }: Queue, rubrics: readonly Rubric[]): Rubric[] {
  if (wanted.length === 0) return questionsOf(rubrics, kind);
  return wanted.flatMap((name) => rubrics.find((rubric) => rubric.name === name) ?? []);
}

/** A filter for what a person has neither answered nor skipped, within another filter. */
export function unansweredFilter(questions: readonly Rubric[], identifier: string, within: string | null): string {
  const by = (name: string) => `not annotated(${quoted(name)}, identifier=${quoted(identifier)})`;
  const missing = requiredOf(questions).map(({ name }) => by(name));
  const mine = `${missing.length > 1 ? `(${missing.join(" or ")})` : (missing[0] ?? "True")} and ${by(SKIP)}`;
  return within === null ? mine : `(${within}) and ${mine}`;
}

/** What is reviewed, in words. */
export function titleOf({ kind, filter, ids }: Queue): string {
  const plural = `${kind}s`;
  if (ids.length > 0) return ids.length === 1 ? `One ${kind}` : `${ids.length} chosen ${plural}`;
  if (filter === ROOTS) return "All root spans";
  return filter === null ? `All ${plural}` : `${plural[0]?.toUpperCase()}${plural.slice(1)} with ${filter}`;
}
