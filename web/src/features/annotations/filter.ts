import type { AnnotationFilter } from "../../api/annotation";
import { annotatorOf, personOf } from "../../preferences";

/** What the page narrows by, as it stands in the address: text that people chose or typed. */
export const PARAMETERS = ["on", "name", "by", "identifier", "source", "label", "min", "max", "from", "to"] as const;

export type Parameter = (typeof PARAMETERS)[number];

const ON = ["span", "trace", "session", "document"] as const;
const BY = ["HUMAN", "LLM", "CODE"] as const;
const SOURCES = ["APP", "API"] as const;

/** The filter that an address stands for. What makes no sense there is as good as not there. */
export function filterOf(search: URLSearchParams): AnnotationFilter {
  const filter: AnnotationFilter = {};
  const on = one(ON, search.get("on"));
  const by = one(BY, search.get("by"));
  const source = one(SOURCES, search.get("source"));
  if (on) filter.target_kind = on;
  if (by) filter.annotator_kind = by;
  if (source) filter.source = source;
  for (const field of ["name", "label"] as const) {
    const text = search.get(field);
    if (text) filter[field] = [text];
  }
  const identifier = search.get("identifier");
  if (identifier) filter.identifier = identifier.startsWith(annotatorOf("")) ? [identifier] : [identifier, annotatorOf(identifier)]; // people are shown by their names
  const [min, max] = [number(search.get("min")), number(search.get("max"))];
  if (min !== null) filter.min_score = min;
  if (max !== null) filter.max_score = max;
  const [from, to] = [day(search.get("from"), 0), day(search.get("to"), 1)];
  if (from) filter.start_time = from;
  if (to) filter.end_time = to;
  return filter;
}

/** A filter in words, for the question whether to delete what fits: "on traces, named correctness, by judges". */
export function described(filter: AnnotationFilter): string {
  const kinds = { HUMAN: "people", LLM: "judges", CODE: "code" } as const;
  const parts = [
    filter.target_kind && `on ${filter.target_kind}s`,
    filter.name && `named ${filter.name.join(", ")}`,
    filter.annotator_kind && `by ${kinds[filter.annotator_kind]}`,
    filter.identifier && `with the identifier ${[...new Set(filter.identifier.map(personOf))].join(", ")}`,
    filter.source && `written through ${filter.source === "APP" ? "the page" : "the API"}`,
    filter.label && `labelled ${filter.label.join(", ")}`,
    typeof filter.min_score === "number" && `scored at least ${filter.min_score}`,
    typeof filter.max_score === "number" && `scored at most ${filter.max_score}`,
    filter.start_time && `written since ${new Date(filter.start_time).toLocaleDateString()}`,
    filter.end_time && `written before ${new Date(filter.end_time).toLocaleDateString()}`,
  ];
  return parts.filter(Boolean).join(", ");
}

function one<T extends string>(known: readonly T[], text: string | null): T | undefined {
  return known.find((value) => value === text);
}

function number(text: string | null): number | null {
  const value = Number(text);
  return text === null || text.trim() === "" || !Number.isFinite(value) ? null : value;
}

/** The midnight, by the reader's clock, at which a day begins, or `later` days after. */
function day(text: string | null, later: number): string | null {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text ?? "") ?? [];
  const midnight = new Date(Number(year), Number(month) - 1, Number(date) + later);
  return year === undefined || Number.isNaN(midnight.getTime()) ? null : midnight.toISOString();
}
