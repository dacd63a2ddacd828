import { chosenColumns, type ColumnId } from "./columnChoice";

const KEY = "rubricate:columns";

/** The columns chosen in this browser; null when none were. */
export function keptColumns(): ColumnId[] | null {
  try {
    return chosenColumns(localStorage.getItem(KEY));
  } catch {
    return null;
  }
}

export function keepColumns(columns: readonly ColumnId[] | null): void {
  try {
    if (columns === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, columns.join(","));
  } catch {
    // A browser that keeps nothing: the choice stands in the address.
  }
}
