import styles from "./AnnotationHistory.module.css";
import { type AuthorKind, wordFor } from "./AuthorChip";
import { Timestamp } from "./Timestamp";

export type Change = {
  at: string;
  action: "created" | "replaced" | "deleted" | "restored";
  annotator_kind: AuthorKind;
  source: string;
  result: { label?: string | null; score?: number | null; explanation?: string | null };
  rubric_version?: number | null;
};

/** What an annotation said, one change after the other, newest first. */
export function AnnotationHistory({ changes }: { changes: Change[] }) {
  return (
    <ol className={styles.changes}>
      {changes.toReversed().map((change) => (
        <li key={`${change.at} ${change.action}`} className={styles.change}>
          <p className={styles.what}>
            <strong>{change.action}</strong> by a {wordFor(change.annotator_kind)} through {change.source === "APP" ? "the page" : "the API"}, <Timestamp iso={change.at} />
          </p>
          {change.action !== "deleted" && (
            <p dir="auto" className={styles.said}>
              {[change.result.label, change.result.score, change.result.explanation].filter((part) => part !== null && part !== undefined && part !== "").join(" · ") || "nothing"}
              {typeof change.rubric_version === "number" && <span className={styles.version}> version {change.rubric_version} of the rubric</span>}
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}
