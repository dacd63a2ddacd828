import { Icon } from "../../ui/Icon";
import { Popover } from "../../ui/Popover";
import { Button } from "../../ui/Button";
import { COLUMN_IDS, type ColumnId, DEFAULT_COLUMNS, withColumn } from "./columnChoice";
import { COLUMNS } from "./columns";
import styles from "./ColumnPicker.module.css";
import type { Level } from "./view";

/** Which columns show. `onColumns` gets null for those that show by themselves. */
export function ColumnPicker({ level, columns, onColumns }: { level: Level; columns: readonly ColumnId[]; onColumns: (columns: ColumnId[] | null) => void }) {
  return (
    <Popover
      label={
        <>
          <Icon name="columns" /> Columns
        </>
      }
    >
      {() => (
        <fieldset className={styles.list}>
          <legend className="spoken">Columns</legend>
          {COLUMN_IDS.map((id) =>
            id === "name" ? null : (
              <label key={id} className={styles.column}>
                <input type="checkbox" checked={columns.includes(id)} onChange={({ target }) => onColumns(withColumn(columns, id, target.checked))} /> {COLUMNS[id].title(level)}
              </label>
            ),
          )}
          <Button disabled={columns.join() === DEFAULT_COLUMNS.join()} onClick={() => onColumns(null)}>
            Show the usual ones
          </Button>
        </fieldset>
      )}
    </Popover>
  );
}
