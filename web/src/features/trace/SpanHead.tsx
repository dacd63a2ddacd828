import type { ReactNode } from "react";

import type { WholeSpan } from "../../api/span";
import type { Conversation } from "../../domain/conversation";
import { CopyButton } from "../../ui/content/CopyButton";
import { formatDuration, microsecondsBetween } from "../../ui/duration";
import { counted, formatCost, formatCount } from "../../ui/number";
import { Popover } from "../../ui/Popover";
import { SpanStatus } from "../../ui/SpanStatus";
import { Timestamp } from "../../ui/Timestamp";
import styles from "./SpanPane.module.css";

/** What a span is, at a glance, and its ids. `children` are what can be done with it. */
export function SpanHead({ span, conversation, children }: { span: WholeSpan; conversation: Conversation; children: ReactNode }) {
  const { model, provider, tokens, costUsd } = conversation;
  const { span_id, trace_id } = span.context;
  const ids = [
    ["Span id", span_id],
    ["Trace id", trace_id],
    ...(span.parent_id === null ? [] : [["Parent id", span.parent_id] as const]),
    ["Link to this span", `${location.origin}/o/span/${span_id}`],
  ] as const;
  return (
    <header className={styles.head}>
      <div className={styles.names}>
        <h2 id="span-title" className={styles.name}>
          <bdi>{span.name}</bdi>
        </h2>
        <p className={styles.facts}>
          <span>{span.span_kind.toLowerCase()}</span>
          <SpanStatus code={span.status_code} message={span.status_message} />
          <span>{formatDuration(microsecondsBetween(span.start_time, span.end_time))}</span>
          {model !== null && (
            <span>
              <bdi>{model}</bdi>
              {provider !== null && !model.includes(provider) && ` (${provider})`}
            </span>
          )}
          {tokens.total !== null && <span title={`${formatCount(tokens.prompt ?? 0)} in, ${formatCount(tokens.completion ?? 0)} out`}>{counted(tokens.total, "token")}</span>}
          {costUsd !== null && <span>{formatCost(costUsd)}</span>}
          <Timestamp iso={span.start_time} />
        </p>
      </div>
      <span className={styles.tools}>
        <Popover label="Ids" look="quiet">
          {() => (
            <dl className={styles.ids}>
              {ids.map(([name, id]) => (
                <div key={name} className={styles.idRow}>
                  <dt>{name}</dt>
                  <dd>
                    <code>{id}</code>
                  </dd>
                  <CopyButton text={id} label={name.toLowerCase()} />
                </div>
              ))}
            </dl>
          )}
        </Popover>
        {children}
      </span>
    </header>
  );
}
