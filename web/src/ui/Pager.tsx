import type { ReactNode } from "react";

import styles from "./Pager.module.css";

/** Links to the other pages of a list; nothing when there are none. */
export function Pager({ children }: { children: ReactNode[] }) {
  if (!children.some(Boolean)) return null;
  return (
    <nav aria-label="Pages" className={styles.pager}>
      {children}
    </nav>
  );
}
