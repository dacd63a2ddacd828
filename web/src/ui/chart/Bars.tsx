import { colourOf, LabelMark, type Standing } from "../LabelChip";
import styles from "./Bars.module.css";

export type Segment = { label: string; fraction: number; standing: Standing; says: string; href: string | null };
export type Bar = { name: string; n: number; segments: Segment[] };

/** Shares of labels, one bar a group, each bar as long as the others: what matters is how it is divided. */
export function ShareBars({ bars, onOpen }: { bars: Bar[]; onOpen: (href: string) => void }) {
  return (
    <ul className={styles.bars}>
      {bars.map(({ name, n, segments }) => (
        <li key={name} className={styles.bar}>
          <span className={styles.name} title={name}>
            {name}
          </span>
          <span className={styles.track}>
            {segments
              .filter(({ fraction }) => fraction > 0)
              .map(({ label, fraction, standing, says, href }) => (
                <Part key={label} label={label} fraction={fraction} standing={standing} says={says} href={href} onOpen={onOpen} />
              ))}
          </span>
          <span className={styles.n}>n = {n.toLocaleString()}</span>
        </li>
      ))}
    </ul>
  );
}

function Part({ label, fraction, standing, says, href, onOpen }: Segment & { onOpen: (href: string) => void }) {
  const look = { flexGrow: fraction, "--part": colourOf(standing) };
  const content = (
    <>
      <LabelMark standing={standing} />
      <span className={styles.share} aria-hidden="true">
        {`${Math.round(fraction * 100)} %`}
      </span>
      <span className="spoken">
        {label}: {says}
      </span>
    </>
  );
  if (href === null) {
    return (
      <span className={styles.part} style={look} title={`${label}: ${says}`}>
        {content}
      </span>
    );
  }
  return (
    <a
      className={styles.part}
      style={look}
      title={`${label}: ${says}`}
      href={href}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        onOpen(href);
      }}
    >
      {content}
    </a>
  );
}

export type Share = { name: string; fraction: number | null; low: number | null; high: number | null; says: string };

/** Fractions from 0 to 1 with the interval in which each may lie. What is unknown says so, and is not 0. */
export function FractionBars({ shares }: { shares: Share[] }) {
  return (
    <ul className={styles.bars}>
      {shares.map(({ name, fraction, low, high, says }) => (
        <li key={name} className={styles.bar}>
          <span className={styles.name}>{name}</span>
          <span className={styles.scale} role="img" aria-label={`${name}: ${says}`}>
            {fraction !== null && <span className={styles.fill} style={{ width: `${fraction * 100}%` }} />}
            {low !== null && high !== null && <span className={styles.interval} style={{ left: `${low * 100}%`, width: `${(high - low) * 100}%` }} />}
          </span>
          <span className={styles.n}>{says}</span>
        </li>
      ))}
    </ul>
  );
}
