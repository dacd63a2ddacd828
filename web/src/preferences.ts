import { useSyncExternalStore } from "react";

import { account } from "./account";

/** What a person chose in this browser. Nothing of it leaves the browser but the name, as the author of annotations. */
export type Preferences = {
  theme: "system" | "light" | "dark";
  density: "comfortable" | "compact";
  /** Keys without a modifier do something. Some people dictate, or press keys by accident (WCAG 2.1.4). */
  singleKeys: boolean;
  /** Who annotates here; null until asked. Where people sign in it is who did, and nothing to choose. */
  person: string | null;
};

export const INITIAL: Preferences = { theme: "system", density: "comfortable", singleKeys: true, person: null };

const KEY = "rubricate:preferences";
const listeners = new Set<() => void>();
let current = read();
let shown = current;

/** The preferences as they are now. */
export function preferences(): Preferences {
  const name = account()?.name ?? current.person;
  if (shown.person !== name || shown.theme !== current.theme || shown.density !== current.density || shown.singleKeys !== current.singleKeys) shown = { ...current, person: name };
  return shown;
}

/** Change some; they are kept for the next visit and told to other tabs. */
export function prefer(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing: they hold until the page is left.
  }
  announce();
}

/** The preferences, kept up to date. */
export function usePreferences(): Preferences {
  return useSyncExternalStore(listen, preferences, preferences);
}

/** The identifier under which a person's annotations are kept: theirs alone, and told from those of programs. */
export function annotatorOf(person: string): string {
  return `app:${person}`;
}

/** The person behind an identifier, or the identifier of a program as it is; nothing where it only keeps notes apart. */
export function personOf(identifier: string): string {
  return /^px-\w+-note:/.test(identifier) ? "" : identifier.replace(/^app:/, "");
}

/** What is kept, as far as it can be understood. */
export function parsed(text: string | null): Preferences {
  try {
    const kept = JSON.parse(text ?? "{}") as Partial<Preferences>;
    return {
      theme: ["system", "light", "dark"].includes(kept.theme ?? "") ? kept.theme! : INITIAL.theme,
      density: kept.density === "compact" ? "compact" : INITIAL.density,
      singleKeys: kept.singleKeys !== false,
      person: typeof kept.person === "string" && kept.person.trim() ? kept.person : null,
    };
  } catch {
    return INITIAL;
  }
}

function read(): Preferences {
  try {
    return parsed(localStorage.getItem(KEY));
  } catch {
    return INITIAL;
  }
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function announce(): void {
  if (typeof document !== "undefined") {
    const { dataset } = document.documentElement;
    if (current.theme === "system") delete dataset.theme;
    else dataset.theme = current.theme;
    dataset.density = current.density;
  }
  for (const listener of listeners) listener();
}

if (typeof window !== "undefined") {
  announce();
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    current = parsed(event.newValue);
    announce();
  });
}
