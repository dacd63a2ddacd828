import styles from "./Skeleton.module.css";

/** Grey rows in the place of what is being asked for. Invisible for the first 150 ms: most answers are faster. */
export function Skeleton({ rows }: { rows: number }) {
  return (
    <div role="status" className={styles.skeleton}>
      <span className={styles.spoken}>Loading…</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={styles.row} />
      ))}
    </div>
  );
}
