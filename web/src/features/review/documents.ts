import type { ReviewItem } from "../../api/reviewItem";
import type { Span } from "../../api/span";
import { RELEVANCE } from "../../domain/annotation";
import { conversationOf, type RetrievedDocument } from "../../domain/conversation";
import type { Result } from "../../domain/outbox";
import type { Rubric } from "../../domain/rubric";
import type { Slot } from "./session";

/** A document that an answer was based on, the step that found it, and where its judgement is kept. */
export type Evidence = { slot: Slot; document: RetrievedDocument; foundBy: string };

/** The documents of an item: its own, else those that the steps of its trace found. A reranker's come instead of what it was given. */
export function evidenceOf({ span }: ReviewItem, around: readonly Span[]): Evidence[] {
  const own = span === null ? [] : documentsOf(span);
  if (own.length > 0) return own;
  const reranked = around.filter(({ span_kind }) => span_kind === "RERANKER").flatMap(documentsOf);
  return reranked.length > 0 ? reranked : around.flatMap(documentsOf);
}

function documentsOf(span: Span): Evidence[] {
  return conversationOf(span).documents.map((document) => ({
    slot: { target: { kind: "document", id: span.context.span_id, position: document.position }, name: RELEVANCE },
    document,
    foundBy: span.name,
  }));
}

/** What `1` and `2` say of a document: the best and the worst label of the rubric `relevance`, if there is one. */
export function relevanceOf(rubrics: readonly Rubric[]): readonly [Result, Result] {
  const rubric = rubrics.find(({ name }) => name === RELEVANCE);
  if (rubric?.type === "CATEGORICAL" && rubric.values.length > 1) {
    const sorted = rubric.values.toSorted((one, other) => (other.score ?? 0) - (one.score ?? 0));
    const [best, worst] = rubric.optimization_direction === "MINIMIZE" ? [sorted.at(-1), sorted[0]] : [sorted[0], sorted.at(-1)];
    if (best && worst) return [said(best.label, best.score), said(worst.label, worst.score)];
  }
  return [said("relevant", 1), said("irrelevant", 0)];
}

function said(label: string, score: number | null | undefined): Result {
  return { label, score: score ?? null, explanation: null };
}
