/** Filters as text: taken apart into their conditions, put together, mended. What they mean is the server's business. */

/** A piece of a filter: its text, and where it stands. */
export type Token = { kind: "word" | "string" | "number" | "sign" | "space"; text: string; start: number; end: number };

const PIECES = /(?<string>'(?:\\.|[^'\\])*'?|"(?:\\.|[^"\\])*"?)|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<number>\d[\d._eE]*)|(?<space>\s+)|(?<sign>[=!<>]=|.)/gsu;

/** The pieces of a filter, without a gap. A string that is not closed yet goes on to the end. */
export function tokens(filter: string): Token[] {
  return [...filter.matchAll(PIECES)].map((match) => {
    const kind = (["string", "word", "number", "space"] as const).find((name) => match.groups?.[name] !== undefined) ?? "sign";
    return { kind, text: match[0], start: match.index, end: match.index + match[0].length };
  });
}

export type Clause = { text: string; start: number; end: number };

/** The conditions that `and` joins; the whole filter where something else binds less, such as `or`. */
export function clausesOf(filter: string): Clause[] {
  let depth = 0;
  let start = 0;
  const clauses: Clause[] = [];
  for (const { kind, text, start: at, end } of tokens(filter)) {
    if (kind === "sign" && "([{".includes(text)) depth += 1;
    else if (kind === "sign" && ")]}".includes(text)) depth -= 1;
    else if (kind === "word" && depth === 0 && (text === "or" || text === "if")) return trimmed(filter, 0, filter.length);
    else if (kind === "word" && depth === 0 && text === "and") {
      clauses.push(...trimmed(filter, start, at));
      start = end;
    }
  }
  return [...clauses, ...trimmed(filter, start, filter.length)];
}

function trimmed(filter: string, start: number, end: number): Clause[] {
  const text = filter.slice(start, end).trim();
  const begin = start + filter.slice(start, end).length - filter.slice(start, end).trimStart().length;
  return text === "" ? [] : [{ text, start: begin, end: begin + text.length }];
}

/** Whether the filter has the condition, however it is spaced. */
export function hasClause(filter: string, clause: string): boolean {
  return clausesOf(filter).some(({ text }) => bare(text) === bare(clause));
}

/** The filter and a condition more. */
export function withClause(filter: string, clause: string): string {
  if (hasClause(filter, clause)) return filter;
  return joined([...clausesOf(filter).map(({ text }) => text), clause]);
}

/** The filter without a condition. */
export function withoutClause(filter: string, clause: string): string {
  return joined(clausesOf(filter).flatMap(({ text }) => (bare(text) === bare(clause) ? [] : [text])));
}

/** One condition that is true when any of these is. */
export function anyOf(clauses: readonly string[]): string {
  return clauses.length > 1 ? `(${clauses.join(" or ")})` : (clauses[0] ?? "");
}

/** The filter with the word at a place exchanged for the one that was meant. */
export function mended(filter: string, position: number, suggestion: string): string {
  const wrong = tokens(filter).find(({ start, end, kind }) => start <= position && position < end && kind !== "space");
  if (wrong === undefined) return `${filter.slice(0, position)}${suggestion}${filter.slice(position)}`;
  return filter.slice(0, wrong.start) + suggestion + filter.slice(wrong.end);
}

function joined(clauses: readonly string[]): string {
  if (clauses.length < 2) return clauses[0] ?? "";
  return clauses.map((text) => (bindsLess(text) ? `(${text})` : text)).join(" and ");
}

function bindsLess(clause: string): boolean {
  let depth = 0;
  for (const { kind, text } of tokens(clause)) {
    if (kind === "sign" && "([{".includes(text)) depth += 1;
    else if (kind === "sign" && ")]}".includes(text)) depth -= 1;
    else if (kind === "word" && depth === 0 && (text === "or" || text === "if")) return true;
  }
  return false;
}

/** Without spaces between the pieces, and without brackets around the whole. */
function bare(clause: string): string {
  const pieces = tokens(clause).flatMap(({ kind, text }) => (kind === "space" ? [] : [text]));
  let depth = 0;
  const closes = pieces.findIndex((text) => {
    depth += Number(text === "(") - Number(text === ")");
    return depth === 0;
  });
  return (pieces[0] === "(" && closes === pieces.length - 1 ? pieces.slice(1, -1) : pieces).join(" ");
}
