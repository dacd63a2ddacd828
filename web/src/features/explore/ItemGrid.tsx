import { defaultRangeExtractor, type Range, useVirtualizer, useWindowVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, type MouseEvent, type ReactNode, type RefObject, useCallback, useDeferredValue, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState } from "react";

import type { Item } from "../../api/item";
import { Link } from "../../router/Link";
import { useNarrow } from "../../ui/useNarrow";
import type { ColumnId } from "./columnChoice";
import { type Column, COLUMNS, layoutOf, type Shown, widthsIn } from "./columns";
import styles from "./ItemGrid.module.css";
import { isSelected, type Selection } from "./selection";
import { type Level, LEVELS, type Order, type Sort } from "./view";

const HEAD_PX = 36;
const CARD_PX = 132; // a guess until a card is measured
const NEAR_END = 30;
const STEP_PX = 16;

export type Place = { current: string | null; offset: number };

export type GridHandle = { move: (by: number) => void; current: () => Item | undefined; place: () => Place; visible: () => [first: number, last: number] };

type Props = {
  items: Item[];
  columns: readonly ColumnId[];
  shown: Omit<Shown, "widths">;
  selection: Selection;
  onSelect: (id: string, range: boolean) => void;
  onSelectAll: (all: boolean) => void;
  linkOf: (item: Item) => string;
  onOpen: (item: Item) => void;
  sort: Sort;
  order: Order;
  onSort: (sort: Sort, order: Order) => void;
  onNearEnd: () => void;
  /** What stands after the last row: why there are no more of them yet. */
  end: ReactNode;
  /** How many rows there are in all; null while nobody knows. */
  total: number | null;
  /** Rows on their way out: dimmed, and not to be acted on. */
  stale: boolean;
  /** Where the list was left, to go on from there. */
  start: Place | null;
  handle: RefObject<GridHandle | null>;
};

/** Items as a grid that draws only the rows in view, and once they are painted some before and after them; as cards, in the page's own scrolling, where it is narrow. */
export function ItemGrid(props: Props) {
  return useNarrow() ? <Cards {...props} /> : <Rows {...props} />;
}

function Rows(props: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(props.start?.current ?? null);
  const rangeExtractor = useKept(props.items, current);
  // oxlint-disable-next-line react/incompatible-library -- the virtualizer changes in place; nothing here memoizes by it
  const virtualizer = useVirtualizer({
    count: props.items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (props.shown.compact ? 32 : 40),
    overscan: useDeferredValue(10, 0),
    scrollMargin: HEAD_PX,
    scrollPaddingStart: HEAD_PX,
    initialOffset: props.start?.offset ?? 0,
    getItemKey: (index) => props.items[index]?.id ?? index,
    rangeExtractor,
  });
  return <Grid {...props} virtualizer={virtualizer} scroller={scroller} current={current} setCurrent={setCurrent} measured={false} />;
}

function Cards(props: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(props.start?.current ?? null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop((scroller.current?.getBoundingClientRect().top ?? 0) + window.scrollY), []);
  const rangeExtractor = useKept(props.items, current);
  // oxlint-disable-next-line react/incompatible-library -- as above
  const virtualizer = useWindowVirtualizer({
    count: props.items.length,
    estimateSize: () => CARD_PX,
    overscan: useDeferredValue(6, 0),
    scrollMargin: top,
    initialOffset: props.start?.offset ?? 0,
    getItemKey: (index) => props.items[index]?.id ?? index,
    rangeExtractor,
  });
  return <Grid {...props} virtualizer={virtualizer} scroller={scroller} current={current} setCurrent={setCurrent} measured />;
}

/** The rows in view, and the current one wherever it is: the focus is on it, and must not vanish with it. */
function useKept(items: Item[], current: string | null) {
  const index = current === null ? -1 : items.findIndex(({ id }) => id === current);
  return useCallback(
    (range: Range) => {
      const indexes = defaultRangeExtractor(range);
      if (index < 0 || indexes.includes(index)) return indexes;
      return [...indexes, index].toSorted((a, b) => a - b);
    },
    [index],
  );
}

/** The width inside of an element, in steps that matter; null before it is drawn. */
function useWidth(of: RefObject<HTMLElement | null>): number | null {
  const [width, setWidth] = useState<number | null>(null);
  useLayoutEffect(() => {
    const node = of.current;
    if (!node) return undefined;
    const measure = () => setWidth(Math.floor(node.clientWidth / STEP_PX) * STEP_PX);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => observer.disconnect();
  }, [of]);
  return width;
}

/** The same objects as long as nothing changes: rows that scroll by are not drawn again. */
function useLayout(chosen: readonly ColumnId[], about: Props["shown"], width: number | null) {
  const columns = useMemo(() => chosen.flatMap((id) => (id === "name" ? [] : [COLUMNS[id]])), [chosen]);
  const shown = useMemo(() => ({ ...about, widths: width === null ? {} : widthsIn(columns, width) }), [about, columns, width]);
  return { columns, shown };
}

type GridProps<S extends Element | Window> = Props & {
  virtualizer: Virtualizer<S, Element>;
  scroller: RefObject<HTMLDivElement | null>;
  current: string | null;
  setCurrent: (id: string) => void;
  measured: boolean;
};

function Grid<S extends Element | Window>({ virtualizer, scroller, current, setCurrent, measured, ...props }: GridProps<S>) {
  const { items, selection, total, stale, start, onNearEnd, handle } = props;
  const focusWanted = useRef(start?.current ?? null);
  const { columns, shown } = useLayout(props.columns, props.shown, useWidth(scroller));
  const { tracks, leastPx } = layoutOf(columns);
  const rows = virtualizer.getVirtualItems();
  const currentIndex = items.findIndex(({ id }) => id === current);
  const title = LEVELS.find(([level]) => level === shown.level)?.[1] ?? "";
  const everything = selection.kind === "all" && selection.except.size === 0;

  useImperativeHandle(handle, () => ({
    move: (by) => goTo(currentIndex < 0 ? 0 : currentIndex + by),
    current: () => items[currentIndex],
    place: () => ({ current, offset: virtualizer.scrollOffset ?? 0 }),
    visible: () => [virtualizer.range?.startIndex ?? 0, virtualizer.range?.endIndex ?? 0],
  }));

  useEffect(() => {
    if (focusWanted.current === null) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(focusWanted.current)}"]`);
    if (!row) return;
    focusWanted.current = null;
    row.focus({ preventScroll: true });
  });

  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (items.length > 0 && last >= items.length - NEAR_END) onNearEnd();
  }, [last, items.length, onNearEnd]);

  return (
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- the rows have the focus
    <div
      ref={scroller}
      role="grid"
      aria-label={title}
      aria-rowcount={total === null ? -1 : total + 1}
      aria-multiselectable="true"
      aria-busy={stale}
      className={styles.grid}
      style={{ "--columns": tracks, "--least": `${leastPx}px` }}
      onKeyDown={onKeyDown}
    >
      <div role="row" aria-rowindex={1} className={styles.head}>
        <div role="columnheader" className={styles.check}>
          <label className={styles.hit}>
            <input
              type="checkbox"
              aria-label="Select all that match"
              checked={everything}
              ref={(box) => {
                if (box) box.indeterminate = !everything && (selection.kind === "all" || selection.ids.size > 0);
              }}
              onChange={({ target }) => props.onSelectAll(target.checked)}
            />
            <span className={styles.hitText} aria-hidden="true">
              Select all that match
            </span>
          </label>
        </div>
        <div role="columnheader">Name</div>
        {columns.map((column) => (
          <ColumnHead key={column.id} column={column} level={shown.level} {...props} />
        ))}
      </div>
      <div role="rowgroup" className={styles.rows} style={{ height: virtualizer.getTotalSize() }}>
        {rows.map(({ index, start: top, key }) => {
          const item = items[index];
          if (!item) return null;
          return (
            <Row
              key={String(key)}
              item={item}
              index={index}
              top={top - virtualizer.options.scrollMargin}
              measure={measured ? virtualizer.measureElement : undefined}
              columns={columns}
              shown={shown}
              selected={isSelected(selection, item.id)}
              reachable={currentIndex < 0 ? index === 0 : index === currentIndex}
              link={props.linkOf(item)}
              onCurrent={setCurrent}
              onSelect={props.onSelect}
              onOpen={props.onOpen}
            />
          );
        })}
      </div>
      {props.end && (
        <div role="rowgroup" className={styles.end}>
          <div role="row">
            <div role="gridcell">{props.end}</div>
          </div>
        </div>
      )}
    </div>
  );

  function goTo(index: number) {
    const to = Math.max(0, Math.min(items.length - 1, index));
    const item = items[to];
    if (!item) return;
    focusWanted.current = item.id;
    setCurrent(item.id);
    virtualizer.scrollToIndex(to, { align: "auto" });
    if (item.id === current) scroller.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(item.id)}"]`)?.focus({ preventScroll: true });
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return;
    const page = Math.max(1, (virtualizer.range ? virtualizer.range.endIndex - virtualizer.range.startIndex : 10) - 1);
    const moves: Record<string, number> = { Home: 0, End: items.length - 1, PageUp: currentIndex - page, PageDown: currentIndex + page };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    goTo(to);
  }
}

function ColumnHead({ column, level, sort, order, onSort }: { column: Column; level: Level } & Pick<Props, "sort" | "order" | "onSort">) {
  const title = column.title(level);
  const look = column.number ? styles.number : undefined;
  const by = column.sort;
  if (by === undefined || (by === "latency" && level !== "trace")) {
    return (
      <div role="columnheader" className={look}>
        {title}
      </div>
    );
  }
  const sorted = sort === by;
  return (
    <div role="columnheader" className={look} aria-sort={sorted ? (order === "desc" ? "descending" : "ascending") : "none"}>
      <button type="button" className={styles.sort} onClick={() => onSort(by, sorted && order === "desc" ? "asc" : "desc")}>
        {title}
        <span aria-hidden="true" className={styles.direction}>
          {sorted ? (order === "desc" ? "↓" : "↑") : ""}
        </span>
      </button>
    </div>
  );
}

type RowProps = {
  item: Item;
  index: number;
  top: number;
  measure: ((row: Element | null) => void) | undefined;
  columns: readonly Column[];
  shown: Shown;
  selected: boolean;
  reachable: boolean;
  link: string;
  onCurrent: (id: string) => void;
  onSelect: (id: string, range: boolean) => void;
  onOpen: (item: Item) => void;
};

const Row = memo(function Row({ item, index, top, measure, columns, shown, selected, reachable, link, onCurrent, onSelect, onOpen }: RowProps) {
  const kind = item.span_kind?.toLowerCase();
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- Enter opens the current row, by the keymap
    <div
      role="row"
      ref={measure}
      data-index={index}
      data-id={item.id}
      aria-rowindex={index + 2}
      aria-selected={selected}
      tabIndex={reachable ? 0 : -1}
      className={styles.row}
      style={{ transform: `translateY(${top}px)` }}
      onFocus={() => onCurrent(item.id)}
      onClick={(event) => {
        if (isMeantForRow(event)) onOpen(item);
      }}
    >
      <div role="gridcell" className={styles.check}>
        <label className={styles.hit}>
          <input type="checkbox" tabIndex={-1} aria-label={`Select ${item.name}`} checked={selected} onChange={({ nativeEvent }) => onSelect(item.id, nativeEvent instanceof PointerEvent && nativeEvent.shiftKey)} onClick={(event) => event.shiftKey && globalThis.getSelection()?.removeAllRanges()} />
        </label>
      </div>
      <div role="rowheader" className={styles.name}>
        <Link to={link} tabIndex={-1} className={styles.link} title={item.name} dir="auto">
          {item.name}
        </Link>
        {!shown.compact && kind && <span className={styles.kind}>{kind}</span>}
      </div>
      {columns.map((column) => (
        <div key={column.id} role="gridcell" data-column={column.id} data-title={column.title(shown.level)} className={column.number ? styles.number : undefined}>
          {column.cell(item, shown)}
        </div>
      ))}
    </div>
  );
});

/** Not a press on a control of the row, and not the end of marking its text. */
function isMeantForRow(event: MouseEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return false;
  if (event.target instanceof Element && event.target.closest("a, button, input, label")) return false;
  return (globalThis.getSelection()?.toString() ?? "") === "";
}
