/** What stands in a path for the names of its pattern, decoded. */
export type Params = Readonly<Record<string, string>>;

/** The params of a path that fits a pattern such as `/p/:project/explore`; null when it does not fit. */
export function match(pattern: string, pathname: string): Params | null {
  const wanted = partsOf(pattern);
  const parts = partsOf(pathname);
  if (wanted.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [place, name] of wanted.entries()) {
    const part = parts[place] ?? "";
    if (name.startsWith(":")) params[name.slice(1)] = part;
    else if (name !== part) return null;
  }
  return params;
}

/** The parts of a path, decoded. A slash at its end means nothing. */
export function partsOf(path: string): string[] {
  return path.split("/").filter(Boolean).map(decoded);
}

/** What somebody typed need not be well-formed; then it is looked for as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
