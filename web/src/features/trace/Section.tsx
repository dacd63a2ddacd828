import { type ReactNode, useState } from "react";

import { formatCount } from "../../ui/number";
import styles from "./SpanPane.module.css";

/** A part of a span's content that folds. What is folded is not in the page. */
export function Section({ title, count, open: first = false, children }: { title: string; count?: number | undefined; open?: boolean; children: ReactNode }) {
  const [open, setOpen] = useState(first);
  return (
    <details className={styles.section} open={open} onToggle={(event) => event.target === event.currentTarget && setOpen(event.currentTarget.open)}>
      <summary className={styles.summary}>
        <h3 className={styles.title}>
          {title} {count !== undefined && <span className={styles.note}>{formatCount(count)}</span>}
        </h3>
      </summary>
      {open && <div className={styles.inside}>{children}</div>}
    </details>
  );
}
