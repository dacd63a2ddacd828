import { useMemo, useState } from "react";

import { type Annotation, compared, disputed } from "../domain/annotation";
import type { Rubric } from "../domain/rubric";
import { AnnotationTable } from "../ui/AnnotationTable";
import { formatCount } from "../ui/number";
import styles from "./annotate.module.css";
import { HistoryDialog } from "./HistoryDialog";
import type { Mine } from "./useMine";

type Props = {
  title: string;
  annotations: readonly Annotation[];
  /** What is said when there are none; without it there is nothing then. */
  empty?: string;
  rubrics: ReadonlyMap<string, Rubric>;
  mine: Mine;
  onEdit: (annotation: Annotation) => void;
  /** What an annotation is about; shown where they are not all about one thing, or about documents. */
  aboutWhat?: (annotation: Annotation) => string;
};

/** Everything that was said of something, side by side, with the history of each and the way to change one's own. */
export function Said({ title, annotations, empty, rubrics, mine, onEdit, aboutWhat }: Props) {
  const [history, setHistory] = useState<Annotation | null>(null);
  const rows = useMemo(() => compared(annotations), [annotations]);
  const several = rows.some(({ target }) => target.kind === "document" || target.kind !== rows[0]?.target.kind || target.id !== rows[0].target.id);
  if (annotations.length === 0 && empty === undefined) return null;
  return (
    <section className={styles.everybody} aria-label={title}>
      <h3 className={styles.title}>
        {title} {rows.length > 0 && <span className={styles.count}>{formatCount(rows.length)}</span>}
      </h3>
      {rows.length === 0 ? (
        <p className={styles.count}>{empty}</p>
      ) : (
        <AnnotationTable
          caption={title}
          annotations={rows}
          rubrics={rubrics}
          me={mine.me}
          differ={disputed(annotations)}
          target={several ? aboutWhat : undefined}
          onHistory={setHistory}
          onEdit={onEdit}
          onDelete={mine.remove}
        />
      )}
      {history && <HistoryDialog annotation={history} onClose={() => setHistory(null)} />}
    </section>
  );
}
