import type { components } from "../api/schema";

export type Annotation = components["schemas"]["Annotation"];

/** Names that mean something to this application. What is kept under them is not an answer to a rubric. */
export const NOTE = "note";
export const CORRECTION = "correction";
export const FLAG = "flag";
export const SKIP = "skip";
/** Of documents: whether they help to answer. Retrieval metrics read it. */
export const RELEVANCE = "relevance";

const KINDS = ["HUMAN", "LLM", "CODE"];

/** Whether an annotation is one of the person with this identifier. Nobody else's is theirs to change. */
export function isMine({ annotator_kind, identifier }: Annotation, me: string | null): boolean {
  return me !== null && annotator_kind === "HUMAN" && identifier === me;
}

/** Annotations in the order in which people compare them: by document, by name, people before judges, newest first. */
export function compared(annotations: readonly Annotation[]): Annotation[] {
  return annotations.toSorted(
    (a, b) =>
      (a.target.position ?? -1) - (b.target.position ?? -1) ||
      a.name.localeCompare(b.name) ||
      KINDS.indexOf(a.annotator_kind) - KINDS.indexOf(b.annotator_kind) ||
      b.updated_at.localeCompare(a.updated_at),
  );
}

/** The names under which authors answered differently: other labels, or other scores where there are no labels. */
export function disputed(annotations: readonly Annotation[]): Set<string> {
  const said = new Map<string, string>();
  const differ = new Set<string>();
  for (const { name, target, result } of annotations) {
    const answer = result?.label ?? result?.score;
    if (name === NOTE || answer === null || answer === undefined) continue;
    const place = `${target.kind} ${target.position ?? ""} ${name}`;
    const before = said.get(place);
    if (before !== undefined && before !== String(answer)) differ.add(name);
    said.set(place, before ?? String(answer));
  }
  return differ;
}
