import { useMemo, useSyncExternalStore } from "react";

/** How one came to an address: by going on to it, by putting it in the place of the one before, or by Back and Forward. */
export type Arrival = "push" | "replace" | "pop";

/** Where the browser is. `key` names the entry of its history: Back brings the same one again, after a reload too. */
export type Location = Readonly<{ pathname: string; search: string; key: string; arrival: Arrival }>;

/** The entry that a visit begins with was not made by us, and has no key. */
const FIRST = "first";

const listeners = new Set<() => void>();
let current = read("pop");

/** Where the browser is, kept up to date. */
export function useLocation(): Location {
  return useSyncExternalStore(listen, () => current);
}

/** What stands behind the `?`, and how to change it in place of the page. A change is in force before the next key is pressed. */
export function useSearchParams(): [search: URLSearchParams, setSearch: typeof setSearchParams] {
  const { search } = useLocation();
  return [useMemo(() => new URLSearchParams(search), [search]), setSearchParams];
}

/** Go to an address of this application. With `replace`, Back leads past the address that is left. */
export function navigate(to: string, { replace = false }: { replace?: boolean } = {}): void {
  const state = { key: Math.random().toString(36).slice(2) };
  if (replace) history.replaceState(state, "", to);
  else history.pushState(state, "", to);
  become(read(replace ? "replace" : "push"));
}

function setSearchParams(change: URLSearchParams | ((before: URLSearchParams) => URLSearchParams), how?: { replace?: boolean }): void {
  const next = typeof change === "function" ? change(new URLSearchParams(current.search)) : change;
  const search = next.toString();
  navigate(search === "" ? current.pathname : `?${search}`, how);
}

function read(arrival: Arrival): Location {
  if (typeof window === "undefined") return { pathname: "/", search: "", key: FIRST, arrival }; // a test that draws without a browser
  const { pathname, search } = window.location;
  return { pathname, search, key: (history.state as { key?: string } | null)?.key ?? FIRST, arrival };
}

function become(next: Location): void {
  current = next;
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

if (typeof window !== "undefined") window.addEventListener("popstate", () => become(read("pop")));
