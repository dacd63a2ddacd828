import { type ReactNode, useId } from "react";

import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import styles from "./account.module.css";

/** Fields to fill in over the page, sent by a button or by Enter. */
export function FormDialog({ title, submitLabel, onSubmit, onClose, children }: { title: string; submitLabel: string; onSubmit: () => void; onClose: () => void; children: ReactNode }) {
  const form = useId();
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={form}>
            {submitLabel}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {children}
      </form>
    </Dialog>
  );
}
