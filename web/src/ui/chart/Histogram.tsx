import styles from "./Histogram.module.css";

/** The targets of one group by bin. `says` describes all of them in words. */
export type HistogramRow = { name: string; counts: readonly number[]; says: string };

/**
 * How values are spread, a row of bars a group above one scale. Each row is as high as its own fullest bin: what matters is
 * the shape. A click on a bar calls `onOpen` with its bin; the table beside the chart has the links for the keyboard.
 */
export function Histogram({ rows, bins, onOpen }: { rows: readonly HistogramRow[]; bins: readonly string[]; onOpen: (bin: number) => void }) {
  return (
    <div className={styles.chart} style={{ "--bins": bins.length }}>
      {rows.map(({ name, counts, says }) => {
        const most = Math.max(...counts, 1);
        return (
          <div key={name} className={styles.row}>
            <span className={styles.name}>{name}</span>
            <div className={styles.bars} role="img" aria-label={`${name}: ${says}`}>
              {counts.map((count, bin) => (
                // The table beside the chart has the same links for the keyboard.
                // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
                <span key={bins[bin]} className={styles.bin} title={`${bins[bin]}: ${count}`} onClick={() => count > 0 && onOpen(bin)}>
                  <span className={styles.count}>{count > 0 && count}</span>
                  {count > 0 && <span className={styles.bar} style={{ height: `${(count / most) * 100}%` }} />}
                </span>
              ))}
            </div>
          </div>
        );
      })}
      <div className={styles.row} aria-hidden="true">
        <span />
        <div className={styles.scale}>
          {bins.map((bin) => (
            <span key={bin}>{bin}</span>
          ))}
        </div>
      </div>
    </div>
  );
}
