import type { components } from "../api/schema";
import type { Standing } from "../ui/LabelChip";
import { type Rubric, standingOf } from "./rubric";

type Annotation = components["schemas"]["Annotation"];
type AnnotatorKind = Annotation["annotator_kind"];

/** What one annotator said: `text` is the label, else the score, else the words. */
export type Said = { id: string; kind: AnnotatorKind; identifier: string; text: string; standing: Standing; glyph: string | null; explanation: string | null };

/** What was said under one name, people first. `differ` when not all say the same. */
export type AnnotationGroup = { name: string; said: Said[]; differ: boolean };

/** Names that the page keeps for itself: they say something of the work, not of the item. */
export const RESERVED: ReadonlySet<string> = new Set(["note", "correction", "flag", "skip"]);

const KINDS: readonly AnnotatorKind[] = ["HUMAN", "LLM", "CODE"];

/** Annotations of one item by name: names of rubrics in their order, then the others. What a rubric knows of a label counts. */
export function grouped(annotations: readonly Annotation[], rubrics: readonly Rubric[]): AnnotationGroup[] {
  const about = annotations.filter(({ name, target }) => !RESERVED.has(name) && target.kind !== "document");
  const place = (name: string) => {
    const index = rubrics.findIndex((rubric) => rubric.name === name);
    return index < 0 ? rubrics.length : index;
  };
  return [...new Set(about.map(({ name }) => name))]
    .toSorted((a, b) => place(a) - place(b) || a.localeCompare(b))
    .map((name) => {
      const rubric = rubrics.find((one) => one.name === name);
      const said = about
        .filter((annotation) => annotation.name === name)
        .map((annotation) => saidBy(annotation, rubric))
        .toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.identifier.localeCompare(b.identifier));
      return { name, said, differ: new Set(said.filter(({ text }) => text !== "").map(({ text }) => text)).size > 1 && rubric?.type !== "FREEFORM" };
    });
}

/** The group in a sentence: "correctness: correct by alice (person), incorrect by judge-v1 (judge)". */
export function inWords({ name, said }: AnnotationGroup, wordFor: (kind: AnnotatorKind) => string): string {
  return `${name}: ${said.map(({ text, identifier, kind }) => `${text || "no value"} by ${identifier ? `${identifier} (${wordFor(kind)})` : wordFor(kind)}`).join(", ")}`;
}

/**
 * How many of the groups fit into lines of a width, by a guess at the width of each: what does not fit is counted
 * elsewhere, which is better than being cut off silently. At least one.
 */
export function fitting(groups: readonly AnnotationGroup[], linePx: number, lines: number): number {
  let line = 1;
  let used = 0;
  for (const [index, group] of groups.entries()) {
    const width = guessedPx(group);
    if (used > 0 && used + GAP_PX + width > linePx) {
      line += 1;
      used = 0;
    }
    if (line > lines) return Math.max(1, index);
    used += (used > 0 ? GAP_PX : 0) + width;
    // The last line keeps room for the number of those that are left out.
    if (line === lines && index < groups.length - 1 && used + GAP_PX + MORE_PX > linePx) return Math.max(1, index + (used <= linePx - MORE_PX ? 1 : 0));
  }
  return groups.length;
}

const GAP_PX = 12;
const MORE_PX = 20;
const LETTER_PX = 7;
const AUTHOR_PX = 20;

function guessedPx({ name, said, differ }: AnnotationGroup): number {
  const text = (one: Said) => (one.standing === null ? Math.min(one.text.length, 24) * LETTER_PX : differ ? 12 : one.text.length * LETTER_PX + 32);
  const shown = differ ? said : said.slice(0, 1);
  const kinds = new Set(said.map(({ kind }) => kind)).size;
  return name.length * LETTER_PX + shown.reduce((sum, one) => sum + text(one) + 6, 0) + (differ ? said.length : kinds) * AUTHOR_PX;
}

function saidBy({ id, annotator_kind: kind, identifier, result }: Annotation, rubric: Rubric | undefined): Said {
  const { label = null, score = null, explanation = null } = result ?? {};
  const glyph = rubric?.type === "CATEGORICAL" ? (rubric.values.find((value) => value.label === label)?.glyph ?? null) : null;
  return { id, kind, identifier, text: label ?? (score === null ? (explanation ?? "") : shownScore(score)), standing: label === null ? null : standingOf(rubric, label), glyph, explanation };
}

function shownScore(score: number): string {
  return String(Number(score.toPrecision(4)));
}
