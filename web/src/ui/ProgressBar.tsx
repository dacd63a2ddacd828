import styles from "./ProgressBar.module.css";

/** How much of a whole is done. */
export function ProgressBar({ done, of, label }: { done: number; of: number; label: string }) {
  return <progress className={styles.bar} value={done} max={Math.max(of, 1)} aria-label={label} />;
}
