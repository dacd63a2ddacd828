import styles from "./LabelChip.module.css";

/** What a label means in its rubric: how good it is, or its place among labels without an order (0 is the first). */
export type Standing = "good" | "middle" | "bad" | { place: number } | null;

const GLYPHS = { good: "✓", middle: "◐", bad: "✕" } as const;
const NOMINAL = ["●", "■", "▲", "◆", "✚", "★"] as const;

/** The mark of a label: glyph and colour together, since colour alone reaches not everybody. */
export function LabelMark({ standing, glyph }: { standing: Standing; glyph?: string | null | undefined }) {
  return (
    <span aria-hidden="true" style={{ color: colourOf(standing) }}>
      {glyph || glyphOf(standing)}
    </span>
  );
}

/** A label with its mark on a tint of its colour. */
export function LabelChip({ label, standing, glyph, title }: { label: string; standing: Standing; glyph?: string | null | undefined; title?: string | undefined }) {
  return (
    <span className={styles.chip} style={{ "--chip": colourOf(standing) }} title={title}>
      <LabelMark standing={standing} glyph={glyph} /> <span className={styles.text}>{label}</span>
    </span>
  );
}

/** The colour of a label, as a CSS value. */
export function colourOf(standing: Standing): string {
  if (standing === null) return "var(--middle)";
  if (typeof standing === "string") return `var(--${standing})`;
  return standing.place < NOMINAL.length ? `var(--nominal-${standing.place + 1})` : "var(--middle)";
}

/** The glyph of a label that has none of its own. */
export function glyphOf(standing: Standing): string {
  if (standing === null) return "○";
  if (typeof standing === "string") return GLYPHS[standing];
  return NOMINAL[standing.place] ?? "○";
}
