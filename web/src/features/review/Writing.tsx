import { type ReactNode, useId } from "react";

import { hurry } from "../../api/outbox";
import { controlLook } from "../../ui/Field";
import styles from "./Writing.module.css";

/** A field for text that is saved while it is written. Escape leaves it. */
export function Writing({ id, label, hint, value, rows = 2, onWrite }: { id: string; label: ReactNode; hint?: string; value: string; rows?: number; onWrite: (text: string) => void }) {
  const described = useId();
  return (
    <div className={styles.writing}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <textarea
        id={id}
        rows={rows}
        dir="auto"
        className={`${controlLook} ${styles.text}`}
        value={value}
        aria-describedby={hint ? described : undefined}
        onChange={({ target }) => onWrite(target.value)}
        onBlur={hurry}
      />
      {hint && (
        <p id={described} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}
