import type { NewRubric, Rubric } from "../../domain/rubric";

/** A rubric on its way through the form: everything as it is typed. */
export type Draft = {
  type: Rubric["type"];
  name: string;
  description: string;
  guideline: string;
  direction: Direction;
  labels: readonly LabelDraft[];
  lower: string;
  upper: string;
  step: string;
};

export type Direction = "MAXIMIZE" | "MINIMIZE" | "NONE";

/** `row` tells rows apart while they are moved and renamed. */
export type LabelDraft = { row: number; label: string; score: string; glyph: string; description: string };

/** What is wrong, by field: `name`, `labels`, `labels.0.label`, `lower` … and `rubric` for the whole. */
export type Problems = Readonly<Record<string, string>>;

export const LONGEST_GLYPH = 2;

export function emptyDraft(): Draft {
  const labels = [0, 1].map((row) => ({ row, label: "", score: "", glyph: "", description: "" }));
  return { type: "CATEGORICAL", name: "", description: "", guideline: "", direction: "MAXIMIZE", labels, lower: "", upper: "", step: "" };
}

/** The form that a rubric came from, or would come from. */
export function draftOf(rubric: NewRubric | Rubric): Draft {
  const common = {
    ...emptyDraft(),
    type: rubric.type,
    name: rubric.name,
    description: rubric.description ?? "",
    guideline: rubric.guideline ?? "",
    direction: rubric.optimization_direction ?? "NONE",
  };
  if (rubric.type === "CATEGORICAL") {
    const labels = rubric.values.map(({ label, score, glyph, description }, row) => ({ row, label, score: written(score), glyph: glyph ?? "", description: description ?? "" }));
    return { ...common, labels };
  }
  if (rubric.type === "CONTINUOUS") {
    return { ...common, lower: written(rubric.lower_bound), upper: written(rubric.upper_bound), step: written(rubric.step) };
  }
  return common;
}

/** The rubric that a form without problems stands for. What a type has beside the form (a threshold) is kept from `before`. */
export function rubricOf(draft: Draft, before?: Rubric): NewRubric {
  const common = { name: draft.name.trim(), description: text(draft.description), guideline: text(draft.guideline) };
  switch (draft.type) {
    case "CATEGORICAL":
      return {
        ...common,
        type: "CATEGORICAL",
        optimization_direction: draft.direction,
        values: draft.labels.map(({ label, score, glyph, description }) => ({ label: label.trim(), score: number(score), glyph: text(glyph), description: text(description) })),
      };
    case "CONTINUOUS":
      return { ...common, type: "CONTINUOUS", optimization_direction: draft.direction, lower_bound: number(draft.lower), upper_bound: number(draft.upper), step: number(draft.step) };
    case "FREEFORM": {
      const kept = before?.type === "FREEFORM" ? { threshold: before.threshold ?? null, lower_bound: before.lower_bound ?? null, upper_bound: before.upper_bound ?? null } : {};
      return { ...common, ...kept, type: "FREEFORM", optimization_direction: before?.type === "FREEFORM" ? (before.optimization_direction ?? null) : "NONE" };
    }
  }
}

/** Whether saving the form would change nothing. */
export function saysTheSame(draft: Draft, other: Draft): boolean {
  return JSON.stringify(rubricOf(draft)) === JSON.stringify(rubricOf(other));
}

/** What keeps the form from being saved, in words. The server has the last one: only it knows which names are taken. */
export function problemsOf(draft: Draft): Problems {
  const problems: Record<string, string> = {};
  if (!draft.name.trim()) problems.name = "A name is needed: answers are kept under it.";
  if (draft.type === "CATEGORICAL") {
    if (draft.labels.length === 0) problems.labels = "At least one label is needed.";
    const seen = new Set<string>();
    for (const [place, { label, score, glyph }] of draft.labels.entries()) {
      const name = label.trim();
      if (!name) problems[`labels.${place}.label`] = "A label needs a word.";
      else if (seen.has(name)) problems[`labels.${place}.label`] = `“${name}” is there already.`;
      seen.add(name);
      if (!isNumber(score)) problems[`labels.${place}.score`] = "Not a number.";
      if (glyphLength(glyph) > LONGEST_GLYPH || /\s/.test(glyph.trim())) problems[`labels.${place}.glyph`] = "One or two characters.";
    }
  }
  if (draft.type === "CONTINUOUS") Object.assign(problems, problemsOfRange(draft));
  return problems;
}

function problemsOfRange({ lower, upper, step }: Draft): Problems {
  const problems: Record<string, string> = {};
  for (const [field, value] of Object.entries({ lower, upper, step })) if (!isNumber(value)) problems[field] = "This is not a number.";
  const [low, high, by] = [number(lower), number(upper), number(step)];
  if (low !== null && high !== null && low >= high) problems.upper ??= `It has to be more than the lowest score, ${low}.`;
  else if (by !== null && by <= 0) problems.step ??= "A step is more than 0.";
  else if (low !== null && high !== null && by !== null && by > high - low) problems.step ??= `It is larger than the whole range, ${high - low}.`;
  return problems;
}

/**
 * Where a refusal of the server belongs. It names fields as they are on the wire: "values[1].label must not be empty.",
 * or one line for each: "body.CATEGORICAL.values.0.glyph: String should have at most 2 characters".
 */
export function problemsOfRefusal(message: string): Problems {
  const problems: Record<string, string> = {};
  for (const line of message.split("\n")) {
    const [, path, said] = /^body\.(?:[A-Z]+\.)?([\w.]+): (.*)$/.exec(line) ?? /^(values\[\d+\]\.\w+|values|lower_bound|upper_bound|step)\b(.*)$/.exec(line) ?? [];
    if (path === undefined || said === undefined) problems[/\bnamed?\b/.test(line) ? "name" : "rubric"] ??= line;
    else problems[fieldOf(path)] ??= said.startsWith(" ") ? line : said;
  }
  return problems;
}

function fieldOf(path: string): string {
  const [head = "", ...rest] = path.replace(/\[(\d+)\]/g, ".$1").split(".");
  return [WIRE_FIELDS[head] ?? "rubric", ...rest].join(".");
}

const WIRE_FIELDS: Record<string, string> = {
  name: "name",
  description: "description",
  guideline: "guideline",
  values: "labels",
  lower_bound: "lower",
  upper_bound: "upper",
  step: "step",
};

/** The form with a further label at its end. */
export function withLabel(draft: Draft): Draft {
  const row = Math.max(-1, ...draft.labels.map((label) => label.row)) + 1;
  return { ...draft, labels: [...draft.labels, { row, label: "", score: "", glyph: "", description: "" }] };
}

export function withoutLabel(draft: Draft, place: number): Draft {
  return { ...draft, labels: draft.labels.filter((_, other) => other !== place) };
}

/** The form with the label of a place changed. */
export function withLabelChanged(draft: Draft, place: number, change: Partial<LabelDraft>): Draft {
  return { ...draft, labels: draft.labels.map((label, other) => (other === place ? { ...label, ...change } : label)) };
}

/** The form with a label one place up (-1) or down (1); as it is at the ends. */
export function withLabelMoved(draft: Draft, place: number, by: -1 | 1): Draft {
  const [one, other] = [draft.labels[place], draft.labels[place + by]];
  if (!one || !other) return draft;
  return { ...draft, labels: draft.labels.with(place, other).with(place + by, one) };
}

/** What the form says so far, to be shown while it is typed: without labels that have no word, and numbers that are none. */
export function previewOf(draft: Draft): Rubric {
  const labels = draft.labels.filter(({ label }, place) => label.trim() && draft.labels.findIndex((other) => other.label.trim() === label.trim()) === place);
  const shown = { ...draft, name: draft.name.trim() || "Name", labels, step: (number(draft.step) ?? 0) > 0 ? draft.step : "" };
  return { ...rubricOf(shown), id: "" };
}

/** The best and the worst label, by score; null when there are none to compare. */
export function extremesOf(draft: Draft): { best: string; worst: string } | null {
  const scored = draft.labels.flatMap(({ label, score }) => (label.trim() && number(score) !== null ? [{ label: label.trim(), score: number(score) ?? 0 }] : []));
  const ascending = scored.toSorted((a, b) => a.score - b.score);
  const [low, high] = [ascending[0], ascending.at(-1)];
  if (!low || !high || low.score === high.score || draft.direction === "NONE") return null;
  return draft.direction === "MAXIMIZE" ? { best: high.label, worst: low.label } : { best: low.label, worst: high.label };
}

function written(value: number | null | undefined): string {
  return typeof value === "number" ? String(value) : "";
}

function text(typed: string): string | null {
  return typed.trim() || null;
}

/** A decimal comma is meant as one. */
function number(typed: string): number | null {
  const value = Number(typed.trim().replace(",", "."));
  return typed.trim() === "" || !Number.isFinite(value) ? null : value;
}

function isNumber(typed: string): boolean {
  return typed.trim() === "" || number(typed) !== null;
}

function glyphLength(glyph: string): number {
  return [...glyph.trim()].length;
}
