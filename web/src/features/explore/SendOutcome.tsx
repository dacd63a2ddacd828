import type { Dataset, ExamplesResult } from "../../api/dataset";
import { counted } from "../../ui/number";
import styles from "./DatasetSheet.module.css";

/** What became of the items that were sent. */
export function SendOutcome({ result: { added, changed, unchanged, corrected, left_out }, dataset }: { result: ExamplesResult; dataset: Dataset }) {
  const rows = [
    [added, "added"],
    [changed, "brought up to date"],
    [unchanged, "there already, and the same"],
  ] as const;
  return (
    <div role="status" className={styles.sheet}>
      <p>
        <strong dir="auto">{dataset.name}</strong> has {counted(dataset.example_count, "example")} now.
      </p>
      <ul className={styles.list}>
        {rows.map(([count, what]) => (count > 0 || what === "added") && <li key={what}>{`${counted(count, "example")} ${what}`}</li>)}
        {corrected > 0 && <li>{counted(corrected, "expected output is a corrected answer", "expected outputs are corrected answers")}</li>}
        {left_out.map(({ reason, count }) => (
          <li key={reason}>
            {count.toLocaleString()} left out: {reason}
          </li>
        ))}
      </ul>
    </div>
  );
}
