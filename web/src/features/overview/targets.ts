import type { TargetKind } from "../../api/insight";

/** The level on which Explore shows targets of a kind; documents are found with the span that retrieved them. */
export function levelOf(kind: TargetKind): "span" | "trace" | "session" {
  return kind === "document" ? "span" : kind;
}

const ANNOTATIONS = { span: "annotations", document: "document_annotations", trace: "trace_annotations", session: "session_annotations" } as const;

/** What the filter language calls the annotations of such targets, on the level on which they are shown. */
export function annotationsOf(kind: TargetKind): string {
  return ANNOTATIONS[kind];
}

/** A text as the filter language writes it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
