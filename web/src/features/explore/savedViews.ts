/** A view that somebody gave a name, as the search part of its address. Kept in this browser, for one project. */
export type SavedView = { name: string; search: string };

const PARAMETERS = ["level", "f", "from", "to", "sort", "order", "cols"];

/** The part of an address that makes a view; a selection and a place in the list are none of it. */
export function viewPart(search: URLSearchParams): string {
  return new URLSearchParams(PARAMETERS.flatMap((name) => (search.get(name) ? [[name, search.get(name) ?? ""]] : []))).toString();
}

/** With a view more, by name; the same name again takes the place of the one before. */
export function withView(views: readonly SavedView[], view: SavedView): SavedView[] {
  const known = views.some(({ name }) => name === view.name);
  return known ? views.map((one) => (one.name === view.name ? view : one)) : [...views, view].toSorted((a, b) => a.name.localeCompare(b.name));
}

export function withoutView(views: readonly SavedView[], name: string): SavedView[] {
  return views.filter((view) => view.name !== name);
}

/** What is kept, as far as it can be understood. */
export function parsed(text: string | null): SavedView[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept) ? kept.filter(isView).map(({ name, search }) => ({ name, search })) : [];
  } catch {
    return [];
  }
}

function isView(kept: unknown): kept is SavedView {
  return typeof kept === "object" && kept !== null && "name" in kept && typeof kept.name === "string" && "search" in kept && typeof kept.search === "string";
}

export function read(project: string): SavedView[] {
  try {
    return parsed(localStorage.getItem(keyOf(project)));
  } catch {
    return []; // a browser that keeps nothing
  }
}

/** Whether they could be kept. */
export function keep(project: string, views: readonly SavedView[]): boolean {
  try {
    localStorage.setItem(keyOf(project), JSON.stringify(views));
    return true;
  } catch {
    return false;
  }
}

function keyOf(project: string): string {
  return `rubricate:views:${project}`;
}
