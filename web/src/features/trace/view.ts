import { useCallback } from "react";

import { useSearchParams } from "../../router/location";

/** What of the page stands in its address. */
export type View = {
  /** The chosen span; null for the root. */
  span: string | null;
  query: string;
  stepsHidden: boolean;
  /** What is being annotated: the span, the trace, or a document by its position; null when nothing is. */
  about: About | null;
};

export type About = "span" | "trace" | number;

type Change = { [K in keyof View]?: View[K] };

/** The view, and how to change it in place: Back leads to where one came from, not through every step looked at. */
export function useView(): View & { change: (change: Change) => void } {
  const [search, setSearch] = useSearchParams();
  const change = useCallback(
    (wanted: Change) => setSearch((before) => written(before, wanted), { replace: true }),
    [setSearch],
  );
  return { ...viewOf(search), change };
}

/** The view that an address stands for. */
export function viewOf(search: URLSearchParams): View {
  const about = search.get("annotate");
  return {
    span: search.get("span"),
    query: search.get("q") ?? "",
    stepsHidden: search.get("steps") === "hidden",
    about: about === "span" || about === "trace" ? about : about !== null && /^\d{1,9}$/.test(about) ? Number(about) : null,
  };
}

/** The address with a change of the view. */
export function written(before: URLSearchParams, { span, query, stepsHidden, about }: Change): URLSearchParams {
  const search = new URLSearchParams(before);
  const put = (name: string, value: string | null) => (value === null || value === "" ? search.delete(name) : search.set(name, value));
  if (span !== undefined) put("span", span);
  if (query !== undefined) put("q", query);
  if (stepsHidden !== undefined) put("steps", stepsHidden ? "hidden" : null);
  if (about !== undefined) put("annotate", about === null ? null : String(about));
  return search;
}
