import styles from "./SpanStatus.module.css";

export type StatusCode = "OK" | "ERROR" | "UNSET";

const STATUSES = {
  OK: { glyph: "✓", word: "ok", look: styles.ok },
  ERROR: { glyph: "✕", word: "error", look: styles.error },
  UNSET: { glyph: "–", word: "unset", look: styles.unset },
} as const satisfies Record<StatusCode, { glyph: string; word: string; look: string | undefined }>;

/** How a span ended: glyph and word, because colour alone reaches not everybody. */
export function SpanStatus({ code, message }: { code: StatusCode; message: string }) {
  const { glyph, word, look } = STATUSES[code];
  return (
    <span className={styles.status} title={message || undefined}>
      <span className={look} aria-hidden="true">
        {glyph}
      </span>{" "}
      {word}
    </span>
  );
}
