
import type { Trace } from "../../api/trace";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { CopyButton } from "../../ui/content/CopyButton";
import { formatDuration } from "../../ui/duration";
import { counted, formatCost, formatCount } from "../../ui/number";
import { SpanStatus } from "../../ui/SpanStatus";
import { Timestamp } from "../../ui/Timestamp";
import styles from "./Facts.module.css";

/** When the trace began, how long it took, what it cost, and where it belongs. */
export function TraceFacts({ project, trace: { item } }: { project: string; trace: Trace }) {
  return (
    <span className={styles.facts}>
      <SpanStatus code={item.status_code ?? "UNSET"} message={item.status_message} />
      <Timestamp iso={item.start_time} />
      <span>{formatDuration(item.latency_ms * 1000)}</span>
      {!!item.total_tokens && (
        <span title={`${formatCount(item.prompt_tokens ?? 0)} in, ${formatCount(item.completion_tokens ?? 0)} out`}>{counted(item.total_tokens, "token")}</span>
      )}
      {item.cost_usd !== null && <span>{formatCost(item.cost_usd)}</span>}
      {!!item.error_count && <span>{counted(item.error_count, "error")}</span>}
      {item.user_id !== null && (
        <span>
          user <bdi>{item.user_id}</bdi>
        </span>
      )}
      {item.session_id !== null && (
        <Link className={styles.link} to={paths.session(project, item.session_id)}>
          Session <bdi>{item.session_id}</bdi>
        </Link>
      )}
      <span className={styles.id}>
        <code title={item.id}>{item.id.slice(0, 8)}…</code>
        <CopyButton text={item.id} label="trace id" />
      </span>
    </span>
  );
}
