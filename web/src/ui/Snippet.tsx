import { useRef, useState } from "react";

import { Button } from "./Button";
import styles from "./Snippet.module.css";

/** Text to copy into a terminal or an editor. */
export function Snippet({ title, text }: { title: string; text: string }) {
  const code = useRef<HTMLPreElement>(null);
  const [said, setSaid] = useState("");

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      // Browsers give no clipboard to plain http from another host: select it, and the reader's own keys do the rest.
      if (code.current) getSelection()?.selectAllChildren(code.current);
      setSaid("Selected: press Ctrl C");
    }
  }

  return (
    <section className={styles.snippet} aria-label={title}>
      <div className={styles.head}>
        <h2 className={styles.title}>{title}</h2>
        <span role="status" className={styles.said}>
          {said}
        </span>
        <Button onClick={copy} aria-label={`Copy: ${title}`}>
          Copy
        </Button>
      </div>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways, and keys must reach that */}
      <pre ref={code} className={styles.code} tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}
