import { useEffect, useState } from "react";

import { useSearchParams } from "../../router/location";
import { type Selection, selectionOf, spelled } from "./selection";

/** Browsers allow about 200 changes of the address in half a minute; a hand on `x` is faster. */
const WRITE_AFTER_MS = 200;

/** What is selected of a view. It stands in the address a moment later, so that Back and a copied link have it. */
export function useSelection(viewKey: string): [Selection, (next: Selection | ((now: Selection) => Selection)) => void] {
  const [search, setSearch] = useSearchParams();
  const kept = search.get("sel");
  const [state, setState] = useState(() => ({ viewKey, selection: selectionOf(kept) }));
  if (state.viewKey !== viewKey) setState({ viewKey, selection: selectionOf(kept) });
  const now = spelled(state.selection);
  useEffect(() => {
    if (now === kept) return undefined;
    const later = setTimeout(() => {
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (now === null) next.delete("sel");
          else next.set("sel", now);
          return next;
        },
        { replace: true },
      );
    }, WRITE_AFTER_MS);
    return () => clearTimeout(later);
  }, [now, kept, setSearch]);
  return [state.selection, (next) => setState((before) => ({ ...before, selection: typeof next === "function" ? next(before.selection) : next }))];
}
