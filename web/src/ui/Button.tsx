import type { ComponentProps } from "react";

import styles from "./Button.module.css";

type Look = "plain" | "primary" | "quiet" | "danger";

/** A button. It submits nothing unless told to. One `primary` a page at most; `quiet` has no frame until it is pointed at. */
export function Button({ look = "plain", className, ...props }: ComponentProps<"button"> & { look?: Look }) {
  return <button type="button" {...props} className={[styles.button, styles[look], className].filter(Boolean).join(" ")} />;
}

/** How a link looks that acts like a button. */
export function buttonLook(look: Look = "plain"): string {
  return `${styles.button} ${styles[look]}`;
}
