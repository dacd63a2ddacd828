import { useSyncExternalStore } from "react";

/** Where tables become cards. The same width stands in the style sheets. */
const NARROW = "(max-width: 760px)";

/** Whether the window is narrow: a telephone, or a page at a large zoom. */
export function useNarrow(): boolean {
  return useSyncExternalStore(listen, () => matchMedia(NARROW).matches);
}

function listen(listener: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}
