import { type Mapping, parsedMappings, withKept } from "./mapping";

const KEY = "rubricate:mappings";

/** The fields that a dataset was last filled with from this browser; null where the kind of span said them. */
export function keptMapping(dataset: string): Mapping | null {
  return read().find(([one]) => one === dataset)?.[1] ?? null;
}

export function keepMapping(dataset: string, mapping: Mapping): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(withKept(read(), dataset, mapping)));
  } catch {
    // A browser that keeps nothing: the next time begins as the kind of span says.
  }
}

function read() {
  try {
    return parsedMappings(localStorage.getItem(KEY));
  } catch {
    return [];
  }
}
