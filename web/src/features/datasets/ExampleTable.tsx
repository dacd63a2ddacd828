import { useEffect, useRef } from "react";

import type { Example } from "../../api/dataset";
import { exampleText } from "../../domain/exampleText";
import { useNarrow } from "../../ui/useNarrow";
import { useRowsInView } from "../../ui/useRowsInView";
import styles from "./ExampleTable.module.css";

/** As in the style sheet: every row is as high as its three lines of text, or as its fields one below the other. */
const ROW_PX = 76;
const CARD_PX = 188;
const NEAR_END = 30;

type Props = {
  examples: readonly Example[];
  /** How many there are in all; null while nobody knows. */
  total: number | null;
  /** Rows on their way out. */
  stale: boolean;
  onOpen: (example: Example) => void;
  onNearEnd: () => void;
};

/** Examples as a table that draws only the rows in view; a row shows the beginning of each field, and opens the whole. */
export function ExampleTable({ examples, total, stale, onOpen, onNearEnd }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const height = useNarrow() ? CARD_PX : ROW_PX;
  const { first, end } = useRowsInView(scroller, examples.length, height);
  useEffect(() => {
    if (end >= examples.length - NEAR_END) onNearEnd();
  }, [end, examples.length, onNearEnd]);
  return (
    // A part that scrolls has to be reached by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div ref={scroller} role="table" aria-label="Examples" aria-rowcount={total === null ? -1 : total + 1} aria-busy={stale} tabIndex={0} className={styles.table}>
      <div role="rowgroup" className={styles.head}>
        <div role="row" aria-rowindex={1} className={styles.row}>
          {["Input", "Expected output", "Metadata", "Splits", "Source"].map((title) => (
            <span key={title} role="columnheader">
              {title}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" className={styles.rows} style={{ height: examples.length * height }}>
        {examples.slice(first, end).map((example, offset) => (
          <Row key={example.node_id} example={example} index={first + offset} height={height} onOpen={onOpen} />
        ))}
      </div>
    </div>
  );
}

function Row({ example, index, height, onOpen }: { example: Example; index: number; height: number; onOpen: (example: Example) => void }) {
  const { input, output, metadata, splits, source } = example;
  const asked = exampleText(input);
  return (
    <div role="row" aria-rowindex={index + 2} className={`${styles.row} ${styles.body}`} style={{ transform: `translateY(${index * height}px)`, height }}>
      <span role="rowheader" data-head="Input">
        <button type="button" className={styles.open} dir="auto" onClick={() => onOpen(example)}>
          {asked || "(empty)"}
        </button>
      </span>
      <span role="cell" data-head="Expected output">
        <span className={styles.text} dir="auto">
          {exampleText(output) || "–"}
        </span>
      </span>
      <span role="cell" data-head="Metadata">
        <span className={styles.keys}>{Object.keys(metadata).join(", ") || "–"}</span>
      </span>
      <span role="cell" data-head="Splits">
        {splits.length === 0 ? "–" : splits.join(", ")}
      </span>
      <span role="cell" data-head="Source">
        {source === null ? "–" : source.span_node_id === null ? <span title={source.span_id}>deleted</span> : <SpanLink id={source.span_id} />}
      </span>
    </div>
  );
}

/** By the span's id alone: the server knows its project and trace. */
export function SpanLink({ id }: { id: string }) {
  return (
    <a href={`/o/span/${id}`}>
      Span <code>{id.slice(0, 6)}</code>
    </a>
  );
}
