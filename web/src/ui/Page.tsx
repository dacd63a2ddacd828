import type { ReactNode } from "react";

import styles from "./Page.module.css";

/** A page: its title in the tab and in the one `h1`, and what belongs to it. */
export function Page({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <div className={styles.page}>
      <title>{`${title} · Rubricate`}</title>
      <h1 className={styles.title}>{title}</h1>
      {note && <p className={styles.note}>{note}</p>}
      <div className={styles.body}>{children}</div>
    </div>
  );
}
