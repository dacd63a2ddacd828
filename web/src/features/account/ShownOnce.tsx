import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/content/CopyButton";
import { Dialog } from "../../ui/Dialog";
import styles from "./account.module.css";

/** Shows a secret for the only time, to copy. One click selects all of it. */
export function ShownOnce({ title, note, secret, label, onClose }: { title: string; note: string; secret: string; label: string; onClose: () => void }) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <p className={styles.note}>{note}</p>
      <p className={styles.secret}>
        <code>{secret}</code>
        <CopyButton text={secret} label={label} />
      </p>
    </Dialog>
  );
}
