import { CopyButton } from "../../ui/content/CopyButton";
import styles from "./account.module.css";

/** Something that is shown once, to copy. One click selects all of it. */
export function Secret({ text, label }: { text: string; label: string }) {
  return (
    <p className={styles.secret}>
      <code>{text}</code>
      <CopyButton text={text} label={label} />
    </p>
  );
}
