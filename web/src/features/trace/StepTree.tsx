import { useId, useLayoutEffect, useMemo, useRef } from "react";

import type { Step } from "../../api/trace";
import { formatDuration } from "../../ui/duration";
import { Icon } from "../../ui/Icon";
import { formatCost, formatCount } from "../../ui/number";
import { revealRow, useRowsInView } from "../../ui/useRowsInView";
import styles from "./StepTree.module.css";
import { barOf, type Row } from "./steps";

const ROW_PX = 44;
const INDENT_PX = 14;
/** Deeper steps stand no further in: their names would have no room. The level is still said. */
const DEEPEST_INDENT = 10;

type Props = {
  rows: readonly Row[];
  /** First start, and milliseconds to the last end, of all steps: what bars are drawn in. */
  extent: { start: string; spanMs: number };
  selected: string | null;
  onSelect: (step: Step) => void;
  onFold: (step: Step, fold: boolean) => void;
  /** The arrow keys of a tree. Letters are the page's. */
  onMove: (to: "down" | "up" | "first" | "last" | "in" | "out") => void;
};

const MOVES: Readonly<Record<string, Parameters<Props["onMove"]>[0]>> = { ArrowDown: "down", ArrowUp: "up", Home: "first", End: "last", ArrowRight: "in", ArrowLeft: "out" };

/** The steps of a trace as a tree with their time, tokens and cost. Only the rows in view are in the page. */
export function StepTree({ rows, extent, selected, onSelect, onFold, onMove }: Props) {
  const pane = useRef<HTMLDivElement>(null);
  const id = useId();
  const { first, end } = useRowsInView(pane, rows.length, ROW_PX);
  const place = useMemo(() => rows.findIndex(({ step }) => step.span_id === selected), [rows, selected]);
  useLayoutEffect(() => {
    if (place !== -1 && pane.current) revealRow(pane.current, place, ROW_PX);
  }, [place]);
  return (
    <div
      ref={pane}
      role="tree"
      aria-label="Steps"
      tabIndex={0}
      className={styles.pane}
      aria-activedescendant={place === -1 ? undefined : `${id}-${place}`}
      onKeyDown={(event) => {
        const move = MOVES[event.key];
        if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        onMove(move);
      }}
    >
      <div role="presentation" style={{ height: rows.length * ROW_PX }} className={styles.whole}>
        {rows.slice(first, end).map((row, offset) => {
          const index = first + offset;
          return <TreeItem key={row.step.span_id} id={`${id}-${index}`} row={row} top={index * ROW_PX} extent={extent} selected={index === place} onSelect={onSelect} onFold={onFold} />;
        })}
      </div>
    </div>
  );
}

function TreeItem({ id, row, top, extent, selected, onSelect, onFold }: { id: string; row: Row; top: number; selected: boolean } & Pick<Props, "extent" | "onSelect" | "onFold">) {
  const { step, depth, hasChildren, open, place, of, found } = row;
  const bar = barOf(step, extent.start, extent.spanMs);
  const failed = step.status_code === "ERROR";
  return (
    // The keys of a tree are on the tree, which has the focus.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={id}
      role="treeitem"
      aria-level={depth + 1}
      aria-posinset={place}
      aria-setsize={of}
      aria-selected={selected}
      aria-expanded={hasChildren ? open : undefined}
      title={step.name}
      className={`${styles.row} ${selected ? styles.selected : ""}`}
      style={{ transform: `translateY(${top}px)`, paddingInlineStart: Math.min(depth, DEEPEST_INDENT) * INDENT_PX }}
      onClick={(event) => (hasChildren && (event.target as Element).closest("[data-fold]") ? onFold(step, open) : onSelect(step))}
    >
      <span className={styles.fold} data-fold={hasChildren || undefined}>
        {hasChildren && (
          <span className={open ? styles.open : styles.closed}>
            <Icon name="chevron" />
          </span>
        )}
      </span>
      <span className={styles.words}>
        <span className={styles.line}>
          {failed && (
            <span className={styles.bad}>
              <span aria-hidden="true">✕</span>
              <span className="spoken">error</span>
            </span>
          )}
          <bdi className={found ? `${styles.name} ${styles.found}` : styles.name}>{step.name}</bdi>
          <span className={styles.figure}>{formatDuration(step.latency_ms * 1000)}</span>
        </span>
        <span className={styles.line}>
          <span className={styles.kind}>{step.span_kind.toLowerCase()}</span>
          {step.annotation_count > 0 && (
            <span className={styles.said}>
              <Icon name="pencil" />
              {step.annotation_count}
              <span className="spoken"> {step.annotation_count === 1 ? "annotation" : "annotations"}</span>
            </span>
          )}
          <span className={styles.figure}>{[step.total_tokens !== null && `${formatCount(step.total_tokens)} tok`, step.cost_usd !== null && formatCost(step.cost_usd)].filter(Boolean).join(" · ")}</span>
        </span>
      </span>
      <span className={styles.time}>
        <span className={failed ? styles.barBad : styles.bar} style={{ insetInlineStart: `${bar.left}%`, width: `max(2px, ${bar.width}%)` }} />
      </span>
    </div>
  );
}
