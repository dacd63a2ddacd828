import { lazy, Suspense, useMemo, useState } from "react";

import { Button } from "../Button";
import styles from "./content.module.css";
import { InOrder } from "./InOrder";
import { cutAt, MOST_CHARACTERS, MOST_LINES, passages } from "./passages";

/** Read only where it is needed. Without it (the server is away) the text stays as it was written. */
const Markdown = lazy(async () => {
  try {
    return { default: (await import("./Markdown")).Markdown };
  } catch {
    return { default: Plain };
  }
});

/**
 * Text of a span: plain, or read as Markdown. It is never taken for HTML. Long text is shown in part, with a button for
 * the rest. `lines` and `characters` are the most that is shown at first.
 */
export function Text({
  text,
  markdown = false,
  lines = MOST_LINES,
  characters = MOST_CHARACTERS,
  look = "reading",
}: {
  text: string;
  markdown?: boolean;
  lines?: number;
  characters?: number;
  look?: "reading" | "base" | "code";
}) {
  const [whole, setWhole] = useState(false);
  const end = useMemo(() => cutAt(text, lines, characters), [text, lines, characters]);
  const cut = !whole && end < text.length;
  const shown = cut ? text.slice(0, end) : text;
  return (
    <div className={styles[look]}>
      {markdown ? (
        <Suspense fallback={<Plain text={shown} />}>
          <Markdown text={shown} />
        </Suspense>
      ) : (
        <Plain text={shown} />
      )}
      {cut && (
        <p className={styles.rest}>
          <Button onClick={() => setWhole(true)}>Show the rest ({amount(text, end)})</Button>
        </p>
      )}
    </div>
  );
}

function Plain({ text }: { text: string }) {
  const pieces = useMemo(() => passages(text), [text]);
  // Pieces out of view are not laid out, so that 5 MB scroll as one page of text does.
  const look = pieces.length > 1 ? `${styles.plain} ${styles.piece}` : styles.plain;
  return (
    <InOrder of={pieces}>
      {(piece) => (
        <div dir="auto" className={look}>
          {piece}
        </div>
      )}
    </InOrder>
  );
}

function amount(text: string, end: number): string {
  let lines = 1;
  for (let at = text.indexOf("\n", end + 1); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines > 1 ? `${lines.toLocaleString()} lines` : `${(text.length - end).toLocaleString()} characters`;
}
