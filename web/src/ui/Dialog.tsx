import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

import { Button } from "./Button";
import styles from "./Dialog.module.css";
import { Icon } from "./Icon";

/**
 * A dialog over the page, open while it is rendered. Escape, the cross and a click beside it call `onClose`; the browser
 * gives the focus back to where it was. A form inside begins with the focus in its first field. `side` is a sheet at the right edge, for what is read beside the page.
 */
export function Dialog({
  title,
  onClose,
  children,
  actions,
  place = "middle",
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  actions?: ReactNode;
  place?: "middle" | "side";
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    // Closed before it leaves the document: after that, the browser does not give the focus back.
    const shown = dialog.current;
    shown?.showModal();
    shown?.querySelector<HTMLElement>("form :is(input, select, textarea)")?.focus();
    return () => shown?.close();
  }, []);
  return (
    // The click is a shortcut for the mouse; the keyboard has Escape.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      className={`${styles.dialog} ${styles[place]}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className={styles.inside}>
        <header className={styles.head}>
          <h2 id={heading} className={styles.title}>
            {title}
          </h2>
          <Button look="quiet" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </Button>
        </header>
        <div className={styles.body}>{children}</div>
        {actions && <footer className={styles.actions}>{actions}</footer>}
      </div>
    </dialog>
  );
}
