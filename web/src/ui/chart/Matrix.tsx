import { LabelMark, type Standing } from "../LabelChip";
import styles from "./Matrix.module.css";

export type Cell = { row: string; column: string; count: number; href: string | null };

/** What one side said against what the other said of the same things. The diagonal is agreement. It is its own table. */
export function Matrix({
  caption,
  rowsAre,
  columnsAre,
  labels,
  cells,
  onOpen,
}: {
  caption: string;
  rowsAre: string;
  columnsAre: string;
  labels: { label: string; standing: Standing }[];
  cells: Cell[];
  onOpen: (href: string) => void;
}) {
  const most = Math.max(...cells.map(({ count }) => count), 1);
  const find = (row: string, column: string) => cells.find((cell) => cell.row === row && cell.column === column);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by the keyboard
    <div className={styles.scroll} tabIndex={0} role="group" aria-label={caption}>
      <table className={styles.matrix}>
        <caption className="spoken">{caption}</caption>
        <thead>
          <tr>
            <th scope="col" className={styles.corner}>
              {rowsAre} ↓ {columnsAre} →
            </th>
            {labels.map(({ label, standing }) => (
              <th key={label} scope="col">
                <LabelMark standing={standing} /> {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map(({ label: row, standing }) => (
            <tr key={row}>
              <th scope="row">
                <LabelMark standing={standing} /> {row}
              </th>
              {labels.map(({ label: column }) => {
                const cell = find(row, column);
                const count = cell?.count ?? 0;
                return (
                  <td key={column} className={row === column ? styles.agreed : styles.differ} style={{ "--share": `${Math.round((count / most) * 40)}%` }}>
                    <Count count={count} href={cell?.href ?? null} says={`${rowsAre}: ${row}, ${columnsAre.toLowerCase()}: ${column}`} onOpen={onOpen} />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Count({ count, href, says, onOpen }: { count: number; href: string | null; says: string; onOpen: (href: string) => void }) {
  if (count === 0 || href === null) return <span className={styles.count}>{count === 0 ? "·" : count.toLocaleString()}</span>;
  return (
    <a
      className={styles.count}
      href={href}
      title={`${says}: show them`}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        onOpen(href);
      }}
    >
      {count.toLocaleString()}
      <span className="spoken">, {says}</span>
    </a>
  );
}
