type Named = { id: string; name: string };

/** Addresses of pages, so that no component spells one out. A project is its name or id as it stands in the address. */
export const paths = {
  projects: (cursor?: string) => `/${query({ cursor })}`,
  rubrics: (name?: string) => (name === undefined ? "/rubrics" : `/rubrics/${encodeURIComponent(name)}`),
  datasets: (dataset?: string, search: Search = {}) => (dataset === undefined ? "/datasets" : `/datasets/${encodeURIComponent(dataset)}${query(search)}`),
  signIn: () => "/login",
  account: () => "/account",
  users: () => "/settings/users",
  keys: () => "/settings/keys",
  overview: (project: string) => `/p/${encodeURIComponent(project)}`,
  explore: (project: string, search: Search = {}) => `/p/${encodeURIComponent(project)}/explore${query(search)}`,
  trace: (project: string, trace: string, search: Search = {}) => `/p/${encodeURIComponent(project)}/t/${encodeURIComponent(trace)}${query(search)}`,
  session: (project: string, session: string, search: Search = {}) => `/p/${encodeURIComponent(project)}/s/${encodeURIComponent(session)}${query(search)}`,
  review: (project: string, search: Search = {}) => `/p/${encodeURIComponent(project)}/review/adhoc${query(search)}`,
  annotations: (project: string, search: Search = {}) => `/p/${encodeURIComponent(project)}/annotations${query(search)}`,
};

type Search = Readonly<Record<string, string | null | undefined>>;

/** How a project is written in an address: its name, or its id where the name cannot stand in a path. */
export function addressOf({ id, name }: Named): string {
  return /[/\\?#%]|^\.{1,2}$/.test(name) ? id : name;
}

/** `?a=b`, without what is null or undefined; empty when nothing is left. */
function query(search: Search): string {
  const entries = Object.entries(search).filter((entry): entry is [string, string] => entry[1] !== null && entry[1] !== undefined && entry[1] !== "");
  return entries.length === 0 ? "" : `?${new URLSearchParams(entries).toString()}`;
}
