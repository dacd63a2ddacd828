import { useState } from "react";

import { exportAddress, type ExportFormat } from "../../api/export";
import type { ItemFilter } from "../../api/item";
import { buttonLook } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import styles from "./sheets.module.css";
import { counted, type Level, noun } from "./view";

const FORMATS = [
  ["jsonl", "JSON lines"],
  ["csv", "CSV"],
  ["parquet", "Parquet"],
] as const satisfies readonly (readonly [ExportFormat, string])[];

const ABOUT: Record<ExportFormat, string> = {
  jsonl: "One JSON object a line, nested as it was sent. Good for programs.",
  csv: "A table for spreadsheets. Attributes and all annotations stand as JSON in a column each.",
  parquet: "A typed table for pandas, Polars, DuckDB. The smallest file.",
};

/** Takes out what is selected, or all that match, as a file. `ids` is null for all that the filter finds. */
export function ExportSheet({
  project,
  level,
  filter,
  ids,
  count,
  exact,
  onClose,
}: {
  project: string;
  level: Level;
  filter: ItemFilter;
  ids: readonly string[] | null;
  /** How many rows the file will have; null while nobody knows. */
  count: number | null;
  exact: boolean;
  onClose: () => void;
}) {
  const [format, setFormat] = useState<ExportFormat>("jsonl");
  const amount = count === null ? noun(level, 2) : counted(level, count, exact);
  return (
    <Dialog
      title={`Export ${amount}`}
      place="side"
      onClose={onClose}
      actions={
        <a className={buttonLook("primary")} href={exportAddress(project, filter, format, ids)} download onClick={onClose}>
          <Icon name="download" /> Download {amount}
        </a>
      }
    >
      <div className={styles.sheet}>
        <Choice legend="Format" value={format} options={FORMATS} onChange={setFormat} />
        <p className={styles.note}>{ABOUT[format]}</p>
        <section>
          <h3 className={styles.title}>What is in it</h3>
          <ul className={styles.list}>
            <li>{ids === null ? `Every ${noun(level, 1)} that matches, not only the rows that are loaded.` : `The ${noun(level, 2)} that are selected.`}</li>
            <li>Input and output whole, all attributes, times, tokens, cost.</li>
            <li>For each name of annotations its label, score and explanation: what people say first, else judges, else code.</li>
            <li>All annotations with their authors, in one more column.</li>
          </ul>
        </section>
        {ids === null && filter.filter !== "" && (
          <section>
            <h3 className={styles.title}>Filter</h3>
            <code className={styles.code}>{filter.filter}</code>
          </section>
        )}
      </div>
    </Dialog>
  );
}
