import { type InfiniteData, keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { lazy, type RefObject, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { ApiFailure } from "../../api/failure";
import { allItems, given, type Item, type ItemFilter, itemCountQuery, itemsQuery } from "../../api/item";
import type { Project } from "../../api/project";
import type { Rubric } from "../../domain/rubric";
import { useKeys } from "../../keys/useKeys";
import { ROOTS } from "../../domain/roots";
import { paths } from "../../paths";
import { AskName } from "../../person/AskName";
import { usePreferences } from "../../preferences";
import { navigate, useLocation } from "../../router/location";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorState } from "../../ui/ErrorState";
import { FirstSpan } from "../../ui/FirstSpan";
import { firstSpanIds } from "../../ui/firstSpanSnippets";
import { Skeleton } from "../../ui/Skeleton";
import { toast } from "../../ui/Toasts";
import { BulkAnnotate } from "./BulkAnnotate";
import type { ColumnId } from "./columnChoice";
import { ExportSheet } from "./ExportSheet";
import { type GridHandle, ItemGrid, type Place } from "./ItemGrid";
import { NoMatch } from "./NoMatch";
import styles from "./Results.module.css";
import { ResultsBar } from "./ResultsBar";
import { between, EVERYTHING, filterFor, isEmpty, isSelected, MOST_BY_HAND, NOTHING, sizeOf, toggled, withAll } from "./selection";
import { bounds } from "./timeBounds";
import { useLive } from "./useLive";
import { useSelection } from "./useSelection";
import { counted, noun, type View } from "./view";

/** Where lists were left, by entry of the browser's history, so that Back returns there. */
const left = new Map<string, Place>();

type Sheet = "export" | "dataset" | "name" | "annotate" | null;

/** Seldom opened, so that nobody else loads it. */
const DatasetSheet = lazy(async () => ({ default: (await import("./DatasetSheet")).DatasetSheet }));

/** The rows of a view, their count, and what can be done with all of them or with those that are selected. */
export function Results({
  address,
  project,
  view,
  columns,
  rubrics,
  change,
}: {
  /** The project as it stands in the address; the record of it comes later than the rows may. */
  address: string;
  project: Project | undefined;
  view: View;
  columns: readonly ColumnId[];
  rubrics: readonly Rubric[];
  change: (part: Partial<View>) => void;
}) {
  const { level, filter, range, sort, order } = view;
  const { key } = useLocation();
  const { person, density } = usePreferences();
  const [ids] = useState(firstSpanIds);
  const [sheet, setSheet] = useState<Sheet>(null);
  const grid = useRef<GridHandle>(null);
  const anchor = useRef<string | null>(null);

  const viewKey = JSON.stringify([level, filter, range]);
  const filterAt = (now: Date): ItemFilter => ({ kind: level, filter, ...bounds(range, now) });
  const items = useInfiniteQuery({
    ...itemsQuery(address, viewKey, filterAt, { sort, order }),
    placeholderData: (before, query) => (query?.queryKey[1] === address ? keepPreviousData(before) : undefined),
  });
  // The "now" of the rows is that of their count, or they would speak of different times.
  const wanted = filterAt(new Date(items.data?.pages[0]?.asOf ?? 0));
  const rows = useMemo(() => items.data?.pages.flatMap(({ data }) => data) ?? [], [items.data]);
  const shownLevel = rows[0]?.target_kind ?? level;
  const shown = useMemo(() => ({ rubrics, now: new Date(items.dataUpdatedAt), compact: density === "compact", level: shownLevel }), [rubrics, items.dataUpdatedAt, density, shownLevel]);
  const shownAs = useShownView(items.data, items.isPlaceholderData, `${viewKey} ${sort} ${order}`);
  const count = useQuery({ ...itemCountQuery(address, wanted), enabled: items.isSuccess && !items.isPlaceholderData, staleTime: Infinity });
  const matching = count.data?.count ?? null;
  const untouched = (filter === "" || filter === ROOTS) && range.from === null && range.to === null;
  const anything = useQuery({ ...itemCountQuery(address, { ...wanted, filter: "" }), enabled: untouched && items.isSuccess && rows.length === 0, staleTime: 0 });

  const [selection, setSelection] = useSelection(viewKey);
  const size = sizeOf(selection, matching);
  const selected = isEmpty(selection) ? EVERYTHING : selection;
  const meant = sizeOf(selected, matching);
  const { fresh, take } = useLive({
    address,
    project,
    wanted,
    order: { sort, order },
    viewKey,
    pages: items.isPlaceholderData ? undefined : items.data?.pages,
    recount: () => void count.refetch(),
    visible: () => grid.current?.visible() ?? [0, 0],
  });

  const onNearEnd = useCallback(() => {
    // After a failure the next page is asked for by hand, or a server in trouble would be asked without an end.
    if (items.hasNextPage && !items.isFetching && !items.isFetchNextPageError) void items.fetchNextPage();
  }, [items]);
  const onSelect = useCallback(
    (id: string, toHere: boolean) => {
      setSelection((now) => {
        const next = toHere && anchor.current !== null ? withAll(now, between(rows.map((row) => row.id), anchor.current, id)) : toggled(now, id);
        if (next.kind === "some" && next.ids.size === MOST_BY_HAND && !isSelected(next, id)) toast(`At most ${MOST_BY_HAND} rows can be selected by hand. Select all that match (a), and filter.`);
        return next;
      });
      anchor.current = id;
    },
    [rows, setSelection],
  );
  const linkOf = useCallback((item: Item) => linkTo(address, item), [address]);
  const onOpen = useCallback((item: Item) => navigate(linkOf(item)), [linkOf]);
  const review = () =>
    navigate(
      paths.review(address, {
        level,
        f: filterFor(selected, level, filter),
        ...(selected.kind === "all" ? { from: wanted.start_time, to: wanted.end_time } : {}),
      }),
    );
  const annotate = () => setSheet(person === null ? "name" : "annotate");
  useKeys("explore", {
    down: () => (rows.length > 0 ? grid.current?.move(1) : false),
    up: () => (rows.length > 0 ? grid.current?.move(-1) : false),
    open: () => onCurrent(onOpen),
    select: () => onCurrent(({ id }) => onSelect(id, false)),
    selectRange: () => onCurrent(({ id }) => onSelect(id, true)),
    selectAll: () => setSelection(selection.kind === "all" && selection.except.size === 0 ? NOTHING : EVERYTHING),
    review: () => (rows.length > 0 ? review() : false),
    export: () => (rows.length > 0 ? setSheet("export") : false),
    dataset: () => (rows.length > 0 ? setSheet("dataset") : false),
  });

  return (
    <section className={styles.results} aria-label="Results">
      <ResultsBar
        level={level}
        count={count.data}
        counting={items.isSuccess && count.isPending}
        size={size}
        selection={selection}
        rows={rows.length}
        fresh={fresh}
        onFresh={take}
        onSelectAll={() => setSelection(EVERYTHING)}
        onClear={() => setSelection(NOTHING)}
        onAnnotate={rubrics.length > 0 ? annotate : null}
        onReview={review}
        onExport={() => setSheet("export")}
        onDataset={() => setSheet("dataset")}
      />
      {content()}
      {sheet === "export" && (
        <ExportSheet
          project={address}
          level={level}
          filter={{ ...wanted, filter: filterFor(selected, level, filter) }}
          ids={selected.kind === "some" ? [...selected.ids] : null}
          count={meant}
          exact={selected.kind === "some" || (count.data?.exact ?? true)}
          onClose={() => setSheet(null)}
        />
      )}
      {sheet === "dataset" && (
        <Suspense fallback={null}>
          <DatasetSheet
            items={selected.kind === "some" ? { project: address, target_kind: level, ids: [...selected.ids] } : { project: address, target_kind: level, ...given({ filter: filterFor(selected, level, filter), start_time: wanted.start_time, end_time: wanted.end_time }) }}
            amount={meant === null ? noun(level, 2) : counted(level, meant, selected.kind === "some" || (count.data?.exact ?? true))}
            onClose={() => setSheet(null)}
          />
        </Suspense>
      )}
      {sheet === "name" && <AskName onDone={() => setSheet("annotate")} onClose={() => setSheet(null)} />}
      {sheet === "annotate" && person !== null && (
        <BulkAnnotate level={level} rubrics={rubrics} person={person} count={size} items={(signal) => allItems(address, itemsOf(), signal)} onClose={() => setSheet(null)} />
      )}
    </section>
  );

  /** Does something with the row that the keyboard is on; the key stays the browser's when it is on none. */
  function onCurrent(act: (item: Item) => void): void | false {
    const item = grid.current?.current();
    if (!item) return false;
    return act(item);
  }

  function itemsOf(): ItemFilter {
    const chosen = filterFor(selected, level, filter);
    return selected.kind === "all" ? { ...wanted, filter: chosen } : { kind: level, filter: chosen, start_time: null, end_time: null };
  }

  function content() {
    if (items.isPending) return <Skeleton rows={14} />;
    if (items.isError && rows.length === 0) return <Failure error={items.error} onRetry={() => void items.refetch()} />;
    if (rows.length === 0 && untouched && (filter === "" || anything.data?.count === 0)) return nothingYet();
    if (rows.length === 0 && untouched && anything.isPending) return <Skeleton rows={6} />;
    if (rows.length === 0) return <NoMatch project={address} level={level} filter={wanted} onFilter={(next) => change({ filter: next })} onAnyTime={() => change({ range: { from: null, to: null } })} />;
    return (
      <Remembered key={shownAs} handle={grid} place={key}>
        {(start) => (
          <ItemGrid
            items={rows}
            columns={columns}
            shown={shown}
            selection={selection}
            onSelect={onSelect}
            onSelectAll={(all) => setSelection(all ? EVERYTHING : NOTHING)}
            linkOf={linkOf}
            onOpen={onOpen}
            sort={sort}
            order={order}
            onSort={(nextSort, nextOrder) => change({ sort: nextSort, order: nextOrder })}
            onNearEnd={onNearEnd}
            end={items.isFetchNextPageError ? <ErrorState message={`The next rows did not come. ${items.error.message}`} onRetry={() => void items.fetchNextPage()} /> : null}
            total={count.data?.exact ? count.data.count : null}
            stale={items.isPlaceholderData}
            start={start}
            handle={grid}
          />
        )}
      </Remembered>
    );
  }

  function nothingYet() {
    if (!project) return <Skeleton rows={6} />;
    if (level === "session") return <EmptyState title="No sessions yet">Spans make a session when they carry the attribute session.id.</EmptyState>;
    return <FirstSpan origin={location.origin} project={{ name: project.name, identifier: address }} ids={ids} />;
  }
}

/** Hands down the place at which this entry of the history was left, and notes it when the list goes. */
function Remembered({ handle, place, children }: { handle: RefObject<GridHandle | null>; place: string; children: (start: Place | null) => React.ReactNode }) {
  const [start] = useState(() => left.get(place) ?? null);
  const entry = useRef(place);
  useEffect(() => {
    entry.current = place; // a selection is written into the address, and makes it another entry
  }, [place]);
  useEffect(() => {
    const grid = handle;
    let last: Place | null = null;
    // Before the click or key that leads away does its work; when this goes, the list is gone already.
    const note = () => {
      last = grid.current?.place() ?? last;
    };
    window.addEventListener("pointerdown", note, true);
    window.addEventListener("keydown", note, true);
    window.addEventListener("scroll", note, true);
    return () => {
      window.removeEventListener("pointerdown", note, true);
      window.removeEventListener("keydown", note, true);
      window.removeEventListener("scroll", note, true);
      note();
      if (last) left.set(entry.current, last);
    };
  }, [handle]);
  return children(start);
}

/** The view whose rows are shown: that of the address, or the one before while the new rows are on their way. */
function useShownView(data: InfiniteData<unknown> | undefined, isOld: boolean, now: string): string {
  const [shown, setShown] = useState(now);
  if (data && !isOld && shown !== now) setShown(now);
  return shown;
}

function Failure({ error, onRetry }: { error: Error; onRetry: () => void }) {
  if (error instanceof ApiFailure && (error.status === 400 || error.status === 422)) {
    return (
      <EmptyState title="Nothing was looked for">
        <p>{error.message}</p>
      </EmptyState>
    );
  }
  return <ErrorState message={error.message} onRetry={onRetry} />;
}

function linkTo(project: string, item: Item): string {
  if (item.target_kind === "session") return paths.session(project, item.id);
  return paths.trace(project, item.trace_id ?? item.id, item.target_kind === "span" ? { span: item.id } : {});
}
