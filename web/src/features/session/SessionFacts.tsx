import type { SessionItem } from "../../api/session";
import { formatDuration, microsecondsBetween } from "../../ui/duration";
import { counted, formatCost } from "../../ui/number";
import { Timestamp } from "../../ui/Timestamp";
import styles from "./SessionPage.module.css";

/** When a session began, how long it lasted, and what it cost. */
export function SessionFacts({ item }: { item: SessionItem }) {
  return (
    <span className={styles.facts}>
      <span>{counted(item.trace_count ?? 0, "turn")}</span>
      <Timestamp iso={item.start_time} />
      <span>{formatDuration(microsecondsBetween(item.start_time, item.end_time))}</span>
      {!!item.total_tokens && <span>{counted(item.total_tokens, "token")}</span>}
      {item.cost_usd !== null && <span>{formatCost(item.cost_usd)}</span>}
      {!!item.error_count && <span>{counted(item.error_count, "error")}</span>}
      {item.user_id !== null && (
        <span>
          user <bdi>{item.user_id}</bdi>
        </span>
      )}
    </span>
  );
}
