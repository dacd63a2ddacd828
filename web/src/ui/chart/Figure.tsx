import type { ReactNode } from "react";

import styles from "./Figure.module.css";

/**
 * A chart under the question that it answers, with what it rests on, and the same figures as a table: for screen
 * readers, for copying, and for those who trust numbers more than pictures.
 */
export function Figure({ question, note, controls, table, children }: { question: string; note?: ReactNode; controls?: ReactNode; table?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.figure} aria-label={question}>
      <header className={styles.head}>
        <h2 className={styles.question}>{question}</h2>
        {controls}
      </header>
      {note && <p className={styles.note}>{note}</p>}
      <div className={styles.chart}>{children}</div>
      {table && (
        <details className={styles.details}>
          <summary>As a table</summary>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard */}
          <div className={styles.scroll} tabIndex={0} role="region" aria-label={`${question} As a table`}>
            {table}
          </div>
        </details>
      )}
    </section>
  );
}

/** What stands where a chart would be, when there is nothing to draw. */
export function NoFigure({ children }: { children: ReactNode }) {
  return <p className={styles.nothing}>{children}</p>;
}
