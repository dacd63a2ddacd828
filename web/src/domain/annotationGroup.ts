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

function saidBy({ id, annotator_kind: kind, identifier, result }: Annotation, rubric: Rubric | undefined): Said {
  const { label = null, score = null, explanation = null } = result ?? {};
  const glyph = rubric?.type === "CATEGORICAL" ? (rubric.values.find((value) => value.label === label)?.glyph ?? null) : null;
  return { id, kind, identifier, text: label ?? (score === null ? (explanation ?? "") : shownScore(score)), standing: label === null ? null : standingOf(rubric, label), glyph, explanation };
}

function shownScore(score: number): string {
  return String(Number(score.toPrecision(4)));
}
