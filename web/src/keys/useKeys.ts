import { useEffect, useEffectEvent } from "react";

import { preferences } from "../preferences";
import { type Action, actionOf, isPrefix, isSingle, type Scope, spelled } from "./keymap";

const SEQUENCE_MS = 1000;

/** Handlers by action. What is handled is not done by the browser as well; return false to leave it to the browser. */
export type Handlers<S extends Scope> = { [A in Action<S>]?: (event: KeyboardEvent) => void | false };

/**
 * Run a handler when its key is pressed, while the calling component is shown.
 *
 * Keys are left alone inside of text fields (but for those with Ctrl or ⌘) and under an open dialog, with Alt, when
 * held down, and without a modifier when the person turned single keys off.
 */
export function useKeys<S extends Scope>(scope: S, handlers: Handlers<S>): void {
  const onPress = useEffectEvent((event: KeyboardEvent, prefix: string | null) => {
    const spelling = spelled(event);
    if (spelling === null || event.defaultPrevented || !counts(event, spelling)) return;
    const action = actionOf(scope, spelling, prefix);
    const handle = action === null ? undefined : handlers[action];
    if (handle && handle(event) !== false) event.preventDefault();
  });
  useEffect(() => {
    let prefix: { spelling: string; at: number } | null = null;
    const listener = (event: KeyboardEvent) => {
      const before = prefix !== null && event.timeStamp - prefix.at < SEQUENCE_MS ? prefix.spelling : null;
      const spelling = spelled(event);
      if (spelling !== null) {
        prefix = before === null && counts(event, spelling) && isPrefix(spelling) ? { spelling, at: event.timeStamp } : null;
      }
      onPress(event, before);
    };
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}

/** Whether a press is for the page, and not for what has the focus. */
function counts(event: KeyboardEvent, spelling: string): boolean {
  if (isSingle(spelling) && !preferences().singleKeys) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (document.querySelector("dialog:modal") && !target?.closest("dialog:modal [data-keys]")) return false;
  if (!isSingle(spelling)) return true;
  if (takesText(target)) return false;
  // Enter and the arrows belong to what has the focus, if it does something with them.
  if (spelling === "Enter") return !target?.closest("a, button, summary, [role=button]");
  if (spelling.startsWith("Arrow")) return !target?.closest("select, [role=radiogroup], [role=listbox], input");
  return true;
}

function takesText(target: Element | null): boolean {
  if (target === null) return false;
  if (target instanceof HTMLInputElement) return !NO_TEXT.has(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || (target instanceof HTMLElement && target.isContentEditable);
}

const NO_TEXT = new Set(["radio", "checkbox", "button", "submit", "reset", "range", "color", "file"]);
