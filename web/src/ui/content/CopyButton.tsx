import { useEffect, useState } from "react";

import { Icon } from "../Icon";
import { toast } from "../Toasts";
import styles from "./content.module.css";

const SAID_MS = 1500;

/** Copies text. `label` says what of, for those who do not see what it stands beside. */
export function CopyButton({ text, label }: { text: string | (() => string); label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : text());
      setCopied(true);
    } catch {
      // Browsers give no clipboard to plain http from another host.
      toast("The browser does not let this page copy. Select the text, and copy it with the keyboard.", { failed: true });
    }
  }

  return (
    <button type="button" className={styles.tool} aria-label={copied ? "Copied" : `Copy ${label}`} title={copied ? "Copied" : `Copy ${label}`} onClick={copy}>
      <Icon name={copied ? "check" : "copy"} />
    </button>
  );
}
