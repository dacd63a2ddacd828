/** Addresses of pages, so that no component spells one out. */
export const paths = {
  projects: () => "/",
  project: (project: { id: string; name: string }) => `/p/${encodeURIComponent(identifier(project))}`,
  page: (cursor: string) => `?cursor=${encodeURIComponent(cursor)}`,
};

/** A project is addressed by its name. Names that cannot stand in a path fall back to the id, which always can. */
function identifier({ id, name }: { id: string; name: string }): string {
  return /[/\\?#%]|^\.{1,2}$/.test(name) ? id : name;
}
