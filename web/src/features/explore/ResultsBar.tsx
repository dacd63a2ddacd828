import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { KeyHint } from "../../ui/KeyHint";
import styles from "./ResultsBar.module.css";
import { isEmpty, type Selection } from "./selection";
import { counted, type Level, noun } from "./view";

type Props = {
  level: Level;
  count: { count: number; exact: boolean } | undefined;
  counting: boolean;
  /** How many rows are selected; null while nobody knows how many match. */
  size: number | null;
  selection: Selection;
  rows: number;
  /** How many rows came since, and whether that is all of them. */
  fresh: { count: number; exact: boolean } | null;
  onFresh: () => void;
  onSelectAll: () => void;
  onClear: () => void;
  onAnnotate: (() => void) | null;
  onReview: () => void;
  onExport: () => void;
  onDataset: () => void;
};

/** How many there are, and what can be done with them; with those that are selected as soon as some are. */
export function ResultsBar({ level, count, counting, size, selection, rows, fresh, onFresh, onSelectAll, onClear, onAnnotate, onReview, onExport, onDataset }: Props) {
  const selecting = !isEmpty(selection);
  return (
    <div className={styles.bar} data-selecting={selecting || undefined} role="group" aria-label={selecting ? "Selection" : "All that match"}>
      <span className={styles.count} role="status">
        {selecting ? <strong>{selectedWords()}</strong> : counting ? `${noun(level, 2)}, counting…` : count && counted(level, count.count, count.exact)}
      </span>
      {selecting && selection.kind === "some" && count && count.count > selection.ids.size && (
        <Button look="quiet" onClick={onSelectAll}>
          Select all {counted(level, count.count, count.exact)} <KeyHint keys="a" />
        </Button>
      )}
      {selecting && (
        <Button look="quiet" onClick={onClear}>
          Clear
        </Button>
      )}
      {fresh !== null && fresh.count > 0 && (
        <Button className={styles.fresh} onClick={onFresh}>
          {fresh.exact ? "" : "over "}
          {fresh.count.toLocaleString("en-US")} new
        </Button>
      )}
      {rows > 0 && (
        <span className={styles.acts}>
          {selecting && onAnnotate && <Button onClick={onAnnotate}>Annotate…</Button>}
          <Button onClick={onExport}>
            <Icon name="download" /> Export <KeyHint keys="Shift+E" />
          </Button>
          <Button onClick={onDataset}>
            To a dataset <KeyHint keys="e" />
          </Button>
          <Button look="primary" onClick={onReview}>
            Review <KeyHint keys="q" />
          </Button>
        </span>
      )}
    </div>
  );

  function selectedWords(): string {
    if (selection.kind === "some") return `${selection.ids.size.toLocaleString("en-US")} selected`;
    if (selection.except.size > 0) return `All that match but ${selection.except.size} selected${size === null ? "" : `: ${size.toLocaleString("en-US")}`}`;
    return count ? `All ${counted(level, count.count, count.exact)} selected` : "All that match selected";
  }
}
