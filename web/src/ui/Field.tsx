import { type ReactNode, useId } from "react";

import styles from "./Field.module.css";

type Control = { id: string; "aria-describedby": string | undefined; "aria-invalid": true | undefined };

/** A labelled control with its hint and what is wrong with it. `children` gets what ties them together. */
export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: string;
  hint?: string | undefined;
  error?: string | null | undefined;
  children: (control: Control) => ReactNode;
}) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      {hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined })}
      {error && (
        <p id={`${id}-error`} className={styles.error}>
          <span aria-hidden="true">✕</span> {error}
        </p>
      )}
    </div>
  );
}

/** How inputs, selects and text areas look. */
export const controlLook = styles.control ?? "";
