import { anyOf, hasClause, withClause, withoutClause } from "../../domain/filter";
import { quoted } from "../../domain/quoted";
import { ROOTS } from "../../domain/roots";
import type { Level } from "./view";

/** One press for a common condition. Of conditions with the same `group` one holds at most. */
export type QuickFilter = { text: string; clause: string; group: string | null };

/** What annotations of the things listed are called in the language. */
const ANNOTATIONS = { span: "annotations", trace: "trace_annotations", session: "session_annotations" } as const;

const FAILED = { span: "status_code == 'ERROR'", trace: "error_count > 0", session: "num_traces_with_error > 0" } as const;

export function annotationsOf(level: Level): string {
  return ANNOTATIONS[level];
}

/** Those that are always in reach. `names` are those of the project's rubrics, `asked` of those that a review asks me; without any, only errors can be asked for. */
export function alwaysInReach(level: Level, names: readonly string[], asked: readonly string[], me: string | null): QuickFilter[] {
  const each = (clause: (name: string) => string) => anyOf(names.map(clause));
  const answers = me === null ? [] : asked.map((name) => `not annotated(${quoted(name)}, identifier=${quoted(me)})`);
  return [
    ...(level === "span" ? [{ text: "Root spans", clause: ROOTS, group: null }] : []),
    { text: "Errors", clause: FAILED[level], group: null },
    ...(names.length === 0
      ? []
      : [
          { text: "People differ", clause: each((name) => `disagree(${quoted(name)}, 'HUMAN')`), group: null },
          { text: "Human ≠ judge", clause: each((name) => `disagree(${quoted(name)}, 'HUMAN', 'LLM')`), group: null },
          ...(answers.length === 0 ? [] : [{ text: "Not answered by me", clause: anyOf(answers), group: null }]),
        ]),
  ];
}

/** What can be asked of annotations of one name. */
export function ofName(level: Level, name: string, labels: readonly string[], me: string | null): { labels: QuickFilter[]; authors: QuickFilter[]; differing: QuickFilter[] } {
  const annotations = `${ANNOTATIONS[level]}[${quoted(name)}]`;
  const by = (text: string, rest: string): QuickFilter => ({ text, clause: `annotated(${quoted(name)}${rest})`, group: `authors of ${name}` });
  return {
    labels: labels.map((label) => ({ text: label, clause: `${annotations}.label == ${quoted(label)}`, group: `label of ${name}` })),
    authors: [
      by("anybody", ""),
      by("a person", ", kind='HUMAN'"),
      by("a judge", ", kind='LLM'"),
      by("code", ", kind='CODE'"),
      ...(me === null ? [] : [by("me", `, identifier=${quoted(me)}`), { text: "not by me", clause: `not annotated(${quoted(name)}, identifier=${quoted(me)})`, group: `authors of ${name}` }]),
    ],
    differing: [
      { text: "people among themselves", clause: `disagree(${quoted(name)}, 'HUMAN')`, group: null },
      { text: "people from judges", clause: `disagree(${quoted(name)}, 'HUMAN', 'LLM')`, group: null },
      { text: "anybody from anybody", clause: `disagree(${quoted(name)})`, group: null },
    ],
  };
}

export function ofKinds(kinds: readonly string[]): QuickFilter[] {
  return kinds.map((kind) => ({ text: kind.toLowerCase(), clause: `span_kind == ${quoted(kind)}`, group: "kind" }));
}

/** The filter with a condition put in, or taken out if it was there; others of its group go. */
export function pressed(filter: string, quick: QuickFilter, all: readonly QuickFilter[]): string {
  if (hasClause(filter, quick.clause)) return withoutClause(filter, quick.clause);
  const rivals = all.filter(({ group, clause }) => group !== null && group === quick.group && clause !== quick.clause);
  return withClause(
    rivals.reduce((rest, { clause }) => withoutClause(rest, clause), filter),
    quick.clause,
  );
}
