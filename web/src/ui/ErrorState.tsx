import { Button } from "./Button";
import styles from "./ErrorState.module.css";

/** Something failed: what, and the way on. */
export function ErrorState({ message, onRetry }: { message: string; onRetry: () => void }) {
  return (
    <div role="alert" className={styles.error}>
      <p className={styles.message}>
        <span aria-hidden="true">✕</span> {message}
      </p>
      <Button onClick={onRetry}>Try again</Button>
    </div>
  );
}
