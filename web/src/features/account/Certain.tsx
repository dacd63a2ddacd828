import { type ReactNode, useState } from "react";

import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import styles from "./account.module.css";

type Props = { title: string; action: string; onConfirm: () => Promise<void>; onClose: () => void; children: ReactNode };

/** Asks before what cannot be undone, and says what the server has against it. */
export function Certain({ title, action, onConfirm, onClose, children }: Props) {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const confirm = () => {
    setBusy(true);
    onConfirm().catch((refusal: Error) => {
      setProblem(refusal.message);
      setBusy(false);
    });
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" disabled={busy} onClick={confirm}>
            {action}
          </Button>
        </>
      }
    >
      {children}
      {problem !== null && (
        <p role="alert" className={styles.alert}>
          <span aria-hidden="true">✕</span> {problem}
        </p>
      )}
    </Dialog>
  );
}
