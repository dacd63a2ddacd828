import { usePreferences } from "../preferences";
import styles from "./KeyHint.module.css";

const NAMES: Record<string, string> = { Enter: "↵", ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };

/** The key that does what the control beside it does, as spelled in the keymap. Nothing when single keys are off. */
export function KeyHint({ keys }: { keys: string }) {
  const { singleKeys } = usePreferences();
  if (!singleKeys && !keys.startsWith("Mod+")) return null;
  return (
    <kbd className={styles.key} aria-hidden="true">
      {readable(keys)}
    </kbd>
  );
}

/** A spelling of the keymap for people: `Mod+Enter` is `Ctrl ↵`, or `⌘ ↵` on a Mac. */
export function readable(keys: string): string {
  const mod = typeof navigator !== "undefined" && /Mac|iP(hone|ad)/.test(navigator.userAgent) ? "⌘" : "Ctrl";
  return keys
    .split(/[+ ]/)
    .map((part) => (part === "Mod" ? mod : (NAMES[part] ?? part)))
    .join(" ");
}
