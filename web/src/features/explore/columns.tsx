import type { ReactNode } from "react";

import type { Item } from "../../api/item";
import { fitting, grouped } from "../../domain/annotationGroup";
import type { Rubric } from "../../domain/rubric";
import { personOf } from "../../preferences";
import { formatDuration } from "../../ui/duration";
import { Icon } from "../../ui/Icon";
import { SpanStatus } from "../../ui/SpanStatus";
import { formatTime } from "../../ui/time";
import { AnnotationMarks } from "./AnnotationMarks";
import type { ColumnId } from "./columnChoice";
import styles from "./columns.module.css";
import type { Level, Sort } from "./view";

/** What cells need besides the item. */
export type Shown = { rubrics: readonly Rubric[]; now: Date; compact: boolean; level: Level; widths: Partial<Record<ColumnId, number>> };

export type Column = {
  id: ColumnId;
  title: (level: Level) => string;
  /** As a CSS grid knows it: the least width in pixels, and the share of what is left (0: none). */
  width: number;
  share: number;
  number?: boolean;
  sort?: Sort;
  cell: (item: Item, shown: Shown) => ReactNode;
};

const PARTS = { span: "Spans", trace: "Spans", session: "Traces" } as const;
const NONE = (
  <span className={styles.none} data-none>
    –
  </span>
);
const OF_TRACE = "Of the whole trace";
const ANNOTATIONS_PX = 230;
const FLAG_PX = 24;

/** The columns by id. The name is not among them: it is the head of a row, and leads to its page. */
export const COLUMNS: Record<Exclude<ColumnId, "name">, Column> = {
  kind: { id: "kind", title: () => "Kind", width: 90, share: 0, cell: ({ span_kind }) => <span className={styles.quiet}>{span_kind?.toLowerCase() ?? NONE}</span> },
  content: { id: "content", title: () => "Input and output", width: 220, share: 2.4, cell: (item) => <Content item={item} /> },
  input: { id: "input", title: () => "Input", width: 220, share: 2, cell: ({ input }) => <Line text={input} /> },
  output: { id: "output", title: () => "Output", width: 220, share: 2, cell: ({ output }) => <Line text={output} /> },
  annotations: { id: "annotations", title: () => "Annotations", width: ANNOTATIONS_PX, share: 1.6, cell: (item, shown) => <Annotations item={item} {...shown} /> },
  status: { id: "status", title: () => "Status", width: 76, share: 0, cell: (item) => <Status item={item} /> },
  latency: { id: "latency", title: (level) => (level === "session" ? "Duration" : "Latency"), width: 80, share: 0, number: true, sort: "latency", cell: ({ latency_ms }) => formatDuration(latency_ms * 1000) },
  tokens: { id: "tokens", title: () => "Tokens", width: 68, share: 0, number: true, cell: (item) => <Tokens item={item} /> },
  cost: { id: "cost", title: () => "Cost", width: 76, share: 0, number: true, cell: (item) => <Cost item={item} /> },
  start_time: { id: "start_time", title: () => "Started", width: 150, share: 0, number: true, sort: "start_time", cell: (item, { now }) => <Started at={item.start_time} now={now} /> },
  model: { id: "model", title: () => "Model", width: 130, share: 0.4, cell: ({ model }) => model ?? NONE },
  user: { id: "user", title: () => "User", width: 110, share: 0.2, cell: ({ user_id }) => user_id ?? NONE },
  session: { id: "session", title: () => "Session", width: 120, share: 0.2, cell: ({ session_id }) => session_id ?? NONE },
  parts: { id: "parts", title: (level) => PARTS[level], width: 64, share: 0, number: true, cell: ({ span_count, trace_count }) => trace_count ?? span_count ?? NONE },
  errors: { id: "errors", title: () => "Errors", width: 64, share: 0, number: true, cell: ({ error_count }) => (error_count ? <span className={styles.error}>{error_count}</span> : NONE) },
  notes: { id: "notes", title: () => "Notes", width: 60, share: 0, number: true, cell: ({ note_count }) => note_count || NONE },
  id: { id: "id", title: () => "Id", width: 150, share: 0.2, cell: ({ id }) => <code className={styles.id}>{id}</code> },
};

/** Dollars for people: "$0.0016", "$1.20". */
export function formatCost(usd: number): string {
  if (usd === 0) return "$0";
  if (usd >= 0.01) return `$${usd.toFixed(2)}`;
  return usd < 0.0001 ? "< $0.0001" : `$${usd.toFixed(4)}`;
}

function Content({ item: { input, output } }: { item: Item }) {
  return (
    <span className={styles.content}>
      <span className={styles.line} dir="auto" title={input ?? undefined}>
        {input ?? NONE}
      </span>
      <span className={styles.answer} dir="auto" title={output ?? undefined}>
        {output ?? NONE}
      </span>
    </span>
  );
}

function Line({ text }: { text: string | null }) {
  return (
    <span className={styles.line} dir="auto" title={text ?? undefined}>
      {text ?? NONE}
    </span>
  );
}

function Annotations({ item, rubrics, compact, widths }: { item: Item } & Shown) {
  const groups = grouped(item.annotations, rubrics);
  const elsewhere = item.annotation_count - item.annotations.length;
  const flagged = item.annotations.filter(({ name }) => name === "flag");
  return (
    <>
      {flagged.length > 0 && (
        <span className={styles.flag} title={`Flagged by ${flagged.map(({ identifier }) => personOf(identifier)).join(", ")}`}>
          <Icon name="flag" />
          <span className="spoken">flagged</span>
        </span>
      )}
      {groups.length > 0 || elsewhere > 0 ? <AnnotationMarks groups={groups} most={fitting(groups, (widths.annotations ?? ANNOTATIONS_PX) - (flagged.length > 0 ? FLAG_PX : 0), compact ? 1 : 2)} more={elsewhere > 0 ? `${elsewhere} more` : null} /> : NONE}
    </>
  );
}

function Status({ item: { status_code, status_message, error_count } }: { item: Item }) {
  const code = status_code ?? (error_count ? "ERROR" : "OK");
  if (code !== "ERROR" && error_count) {
    const word = error_count === 1 ? "1 step failed" : `${error_count} steps failed`;
    return (
      <span className={styles.nowrap} title={word}>
        <span className={styles.error} aria-hidden="true">
          ✕
        </span>{" "}
        {error_count} <span className="spoken">{word}</span>
      </span>
    );
  }
  return <SpanStatus code={code} message={status_message} />;
}

/** A root span that tells none of its own shows those of its trace. */
function Tokens({ item: { total_tokens: total, prompt_tokens: prompt, completion_tokens, trace_tokens } }: { item: Item }) {
  if (total === null) return trace_tokens === null ? NONE : <span title={OF_TRACE}>{trace_tokens.toLocaleString()}</span>;
  return <span title={prompt === null ? undefined : `${prompt.toLocaleString()} in, ${(completion_tokens ?? 0).toLocaleString()} out`}>{total.toLocaleString()}</span>;
}

function Cost({ item: { cost_usd, trace_cost_usd } }: { item: Item }) {
  if (cost_usd !== null) return formatCost(cost_usd);
  return trace_cost_usd === null ? NONE : <span title={OF_TRACE}>{formatCost(trace_cost_usd)}</span>;
}

function Started({ at, now }: { at: string; now: Date }) {
  return (
    <time className={styles.quiet} dateTime={at} title={new Date(at).toLocaleString()}>
      {formatTime(at, now)}
    </time>
  );
}

/** The head of a row: it takes what it needs, and a share of what is left. */
const NAME = { width: 140, share: 1 };
const CHECK_PX = 36;
const GAP_PX = 12;

/** The columns as a CSS grid, and how narrow it can be. */
export function layoutOf(columns: readonly Column[]): { tracks: string; leastPx: number } {
  const tracks = [NAME, ...columns].map(({ width, share }) => (share === 0 ? `${width}px` : `minmax(${width}px, ${share}fr)`));
  return { tracks: [`${CHECK_PX}px`, ...tracks].join(" "), leastPx: leastPx(columns) };
}

/** How wide columns come out in a grid of a width, for cells that show more where there is room. */
export function widthsIn(columns: readonly Column[], px: number): Partial<Record<ColumnId, number>> {
  const left = Math.max(0, px - leastPx(columns));
  const shares = columns.reduce((sum, { share }) => sum + share, NAME.share);
  return Object.fromEntries(columns.map(({ id, width, share }) => [id, Math.floor(width + (left * share) / shares)]));
}

function leastPx(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP_PX, CHECK_PX + GAP_PX + NAME.width + GAP_PX);
}
