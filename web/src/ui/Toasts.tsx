import { useSyncExternalStore } from "react";

import { Button } from "./Button";
import { Icon } from "./Icon";
import styles from "./Toasts.module.css";

export type Toast = { id: number; text: string; undo: (() => void) | null; failed: boolean };

let shown: readonly Toast[] = [];
let count = 0;
const listeners = new Set<() => void>();

/**
 * Tell what happened, at the edge of the page. It stays until it is dismissed or something else is told; with `undo`, a
 * button takes it back. Returns how to take the toast away.
 */
export function toast(text: string, { undo = null, failed = false }: { undo?: (() => void) | null; failed?: boolean } = {}): () => void {
  count += 1;
  const id = count;
  show([{ id, text, undo, failed }]);
  return () => dismiss(id);
}

function dismiss(id: number): void {
  if (shown.some((one) => one.id === id)) show([]);
}

function show(next: readonly Toast[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where toasts appear; once, around all pages. */
export function Toasts() {
  const toasts = useSyncExternalStore(listen, () => shown);
  return (
    <div className={styles.place} role="status" aria-live="polite">
      {toasts.map(({ id, text, undo, failed }) => (
        <div key={id} className={styles.toast}>
          <p className={styles.text}>
            {failed && <span aria-hidden="true">✕ </span>}
            {text}
          </p>
          {undo && (
            <Button
              onClick={() => {
                dismiss(id);
                undo();
              }}
            >
              Undo
            </Button>
          )}
          <Button look="quiet" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Icon name="close" />
          </Button>
        </div>
      ))}
    </div>
  );
}
