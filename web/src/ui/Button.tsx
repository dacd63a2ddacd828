import type { ComponentProps } from "react";

import styles from "./Button.module.css";

/** A button. It submits nothing unless told to. */
export function Button({ className, ...props }: ComponentProps<"button">) {
  return <button type="button" {...props} className={className ? `${styles.button} ${className}` : styles.button} />;
}
