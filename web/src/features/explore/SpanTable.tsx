import type { Span } from "../../api/span";
import { formatDuration, microsecondsBetween } from "../../ui/duration";
import { SpanStatus } from "../../ui/SpanStatus";
import { formatTime } from "../../ui/time";
import { preview } from "./preview";
import styles from "./SpanTable.module.css";

/** Spans, one a row. `stale` rows are on their way out and dimmed; on a narrow screen each row is a card. */
export function SpanTable({ spans, now, stale }: { spans: Span[]; now: Date; stale: boolean }) {
  return (
    <table className={styles.table} aria-busy={stale}>
      <caption className={styles.caption}>Newest spans</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Kind</th>
          <th scope="col">Status</th>
          <th scope="col">Started</th>
          <th scope="col" className={styles.number}>
            Latency
          </th>
          <th scope="col">Input</th>
          <th scope="col">Output</th>
        </tr>
      </thead>
      <tbody>
        {spans.map((span) => (
          <SpanRow key={span.id} span={span} now={now} />
        ))}
      </tbody>
    </table>
  );
}

function SpanRow({ span, now }: { span: Span; now: Date }) {
  return (
    <tr>
      <th scope="row" className={styles.name}>
        {span.name}
      </th>
      <td className={styles.kind}>{span.span_kind.toLowerCase()}</td>
      <td>
        <SpanStatus code={span.status_code} message={span.status_message} />
      </td>
      <td className={styles.time}>
        <time dateTime={span.start_time} title={new Date(span.start_time).toLocaleString()}>
          {formatTime(span.start_time, now)}
        </time>
      </td>
      <td className={styles.number}>{formatDuration(microsecondsBetween(span.start_time, span.end_time))}</td>
      <td className={styles.text} data-label="Input">
        <div dir="auto">{preview(span.attributes, "input")}</div>
      </td>
      <td className={styles.text} data-label="Output">
        <div dir="auto">{preview(span.attributes, "output")}</div>
      </td>
    </tr>
  );
}
