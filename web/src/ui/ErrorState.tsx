import type { ReactNode } from "react";

import { Button } from "./Button";
import styles from "./ErrorState.module.css";

/** Something failed: what, and the way on; `children` are other ways. */
export function ErrorState({ message, onRetry, children }: { message: string; onRetry: () => void; children?: ReactNode }) {
  return (
    <div role="alert" className={styles.error}>
      <p className={styles.message}>
        <span aria-hidden="true">✕</span> {message}
      </p>
      <p className={styles.ways}>
        <Button onClick={onRetry}>Try again</Button>
        {children}
      </p>
    </div>
  );
}
