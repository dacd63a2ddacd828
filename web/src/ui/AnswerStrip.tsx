import { AuthorChip, type AuthorKind } from "./AuthorChip";
import styles from "./AnswerStrip.module.css";
import { LabelChip, type Standing } from "./LabelChip";

export type StripAnswer = { id: string; annotator_kind: AuthorKind; identifier: string; result: { label?: string | null; score?: number | null } | null };

/** What each author said of one thing, side by side, so that differences are seen at a glance. */
export function AnswerStrip({ answers, standing, me }: { answers: StripAnswer[]; standing: (label: string) => Standing; me?: string | null }) {
  return (
    <span className={styles.strip}>
      {answers.map(({ id, annotator_kind, identifier, result }) => (
        <span key={id} className={styles.answer}>
          <AuthorChip kind={annotator_kind} identifier={identifier} me={me} />
          {result?.label ? <LabelChip label={result.label} standing={standing(result.label)} /> : <strong>{result?.score ?? "–"}</strong>}
        </span>
      ))}
    </span>
  );
}
