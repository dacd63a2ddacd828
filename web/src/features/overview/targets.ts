import type { TargetKind } from "../../api/insight";

/** The level on which Explore shows targets of a kind; documents are found with the span that retrieved them. */
export function levelOf(kind: TargetKind): "span" | "trace" | "session" {
  return kind === "document" ? "span" : kind;
}

/** What the filter language calls the annotations of such targets, on the level on which they are shown. */
export function annotationsOf(kind: TargetKind): string {
  return kind === "document" ? "document_annotations" : "annotations";
}

/** A text as the filter language writes it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
