import { type Token, tokens } from "../../domain/filter";

type Place = { prefix: string; start: number; end: number };

/** What may stand at the caret, and which part of the text it takes the place of. */
export type Wish = Place &
  (
    | { kind: "term" } // a field, a function, `not`
    | { kind: "operator" } // after a field
    | { kind: "logic" } // after a whole condition
    | { kind: "member" } // after annotations['x'].
    | { kind: "value"; field: string; quote: string | null } // after a comparison; `quote` if one is open
    | { kind: "name"; field: string; closing: string; quote: string | null } // of annotations, or an attribute
    | { kind: "annotator kind"; quote: string | null }
  );

/** The parts of the server's vocabulary that are offered. */
export type Vocabulary = {
  fields: readonly { name: string; type: string; description: string }[];
  annotations: readonly { name: string; description: string }[];
  annotation_fields: readonly { name: string; description: string }[];
  functions: readonly { name: string; signature: string; description: string }[];
  operators: readonly { name: string; type: string; description: string }[];
};

export type Value = { value: string | number; count: number | null };

/** One offer: what is shown, what takes the place of the prefix, and what it means. */
export type Candidate = { text: string; insert: string; note: string };

const MOST = 60;
const COMPARISONS = new Set(["==", "!=", "<", "<=", ">", ">=", "in"]);
const OPENERS = new Set(["(", "[", ",", "and", "or", "not", "if", "+", "-", "*", "/", "%"]);
const CONSTRUCT = /^(evals|(?:\w+_)?annotations)$/;
const ASKS_BY_NAME = new Set(["annotated", "disagree"]);

/**
 * What may stand where the caret is; null inside of free text and numbers, where nobody knows better than who types.
 * `own` is what the language calls the annotations of the things listed: functions that take a name mean those.
 */
export function wishAt(filter: string, caret: number, own = "annotations"): Wish | null {
  const before = tokens(filter.slice(0, caret)).filter(({ kind }) => kind !== "space");
  const last = before.at(-1);
  if (last?.kind === "string" && last.end === caret && !isClosed(last.text)) {
    return inString(before.slice(0, -1), { prefix: last.text.slice(1), start: last.start + 1, end: endOfString(filter, last) }, last.text[0] ?? "'", own);
  }
  const typing = last?.kind === "word" && last.end === caret;
  const path = typing ? pathEnding(before, before.length - 1) : null;
  const done = before.slice(0, path ? path.first : before.length);
  const previous = done.at(-1);
  const place = { prefix: path?.text ?? "", start: path?.start ?? caret, end: typing ? endOfWord(filter, caret) : caret };

  if (path?.member) return { kind: "member", ...path.member, end: place.end };
  if (previous?.text === "." && !typing && isConstruct(before, before.length - 2)) return { kind: "member", ...place };
  if (last?.kind === "number" && last.end === caret) return null;
  if (previous === undefined || OPENERS.has(previous.text)) {
    const list = previous && listField(done);
    return list ? { kind: "value", field: list, quote: null, ...place } : { kind: "term", ...place };
  }
  if (COMPARISONS.has(previous.text)) {
    const field = fieldEnding(done, done.length - 2);
    return field === null || previous.text === "in" ? null : { kind: "value", field, quote: null, ...place };
  }
  if (!typing && last !== undefined && last.end === caret) return null; // no space yet: the operand may go on
  if (previous.kind === "sign" && !"])".includes(previous.text)) return null;
  return { kind: isCompared(done) ? "logic" : "operator", ...place };
}

/** The offers for a wish, best first: those that begin with what was typed, then those that contain it. */
export function candidates(wish: Wish, vocabulary: Vocabulary, values: readonly Value[]): Candidate[] {
  const all = offers(wish, vocabulary, values);
  const typed = wish.prefix.toLowerCase();
  const begin = all.filter(({ text }) => text.toLowerCase().startsWith(typed));
  const contain = all.filter(({ text }) => !text.toLowerCase().startsWith(typed) && text.toLowerCase().includes(typed));
  return [...begin, ...contain].slice(0, MOST);
}

/** The filter with an offer taken, and where the caret goes. */
export function completed(filter: string, wish: Wish, { insert }: Candidate): { filter: string; caret: number } {
  const rest = filter.slice(wish.end).replace(insert.endsWith(" ") ? /^ / : /^(?!)/, "");
  return { filter: filter.slice(0, wish.start) + insert + rest, caret: wish.start + insert.length };
}

/** The values to ask the server for; null when the vocabulary is enough. */
export function valuesWanted(wish: Wish | null): { field: string; prefix: string } | null {
  if (wish?.kind !== "value" && wish?.kind !== "name") return null;
  return { field: wish.field, prefix: wish.prefix };
}

function offers(wish: Wish, vocabulary: Vocabulary, values: readonly Value[]): Candidate[] {
  switch (wish.kind) {
    case "member":
      return vocabulary.annotation_fields.map(({ name, description }) => ({ text: name, insert: `${name} `, note: description }));
    case "operator":
      return vocabulary.operators
        .filter(({ type }) => type !== "arithmetic")
        .filter(({ name }) => name !== "not")
        .map(({ name, description }) => ({ text: name, insert: `${name} `, note: description }));
    case "logic":
      return vocabulary.operators.filter(({ name }) => name === "and" || name === "or").map(({ name, description }) => ({ text: name, insert: `${name} `, note: description }));
    case "annotator kind":
      return ["HUMAN", "LLM", "CODE"].map((kind) => ({ text: kind, insert: wish.quote === null ? `'${kind}'` : `${kind}${wish.quote}`, note: NOTES[kind] ?? "" }));
    case "value":
      return values.map(({ value, count }) => ({ text: String(value), insert: inserted(value, wish.quote), note: count === null ? "" : `${count}×` }));
    case "name":
      return values.map(({ value, count }) => ({ text: String(value), insert: `${inserted(value, wish.quote).trimEnd()}${wish.closing}`, note: count === null ? "" : `${count}×` }));
    case "term":
      return [
        ...vocabulary.annotations.map(({ name, description }) => ({ text: name, insert: `${name}['`, note: description })),
        ...vocabulary.fields.map(({ name, description }) => ({ text: name, insert: `${name} `, note: description })),
        ...vocabulary.functions.map(({ name, signature, description }) => ({ text: name, insert: ASKS_BY_NAME.has(name) ? `${name}('` : `${name}(`, note: `${description}: ${signature}` })),
        { text: "not", insert: "not ", note: "the opposite" },
      ];
  }
}

const NOTES: Record<string, string> = { HUMAN: "a person", LLM: "a judge", CODE: "code" };

function inserted(value: string | number, quote: string | null): string {
  if (typeof value === "number" && quote === null) return `${value} `;
  const mark = quote ?? "'";
  const text = String(value).replace(/\\/g, "\\\\").replaceAll(mark, `\\${mark}`);
  return `${quote === null ? mark : ""}${text}${mark} `;
}

/** Inside of a string: what it is a string of is told by what stands before. */
function inString(before: Token[], place: Place, quote: string, own: string): Wish | null {
  const previous = before.at(-1);
  const owner = before.at(-2);
  if (previous?.text === "[" && owner?.kind === "word" && owner.text !== "in") {
    if (CONSTRUCT.test(owner.text)) return { kind: "name", field: owner.text, closing: "].", quote, ...place };
    if (owner.text === "attributes") return { kind: "name", field: "attributes", closing: "] ", quote, ...place };
    return null;
  }
  const call = enclosingCall(before);
  if (call !== null && ASKS_BY_NAME.has(call.name)) {
    if (previous?.text === "(") return { kind: "name", field: own, closing: "", quote, ...place };
    const keyword = previous?.text === "=" ? owner?.text : undefined;
    if (keyword === "kind" || call.name === "disagree") return { kind: "annotator kind", quote, ...place };
    if (keyword === "identifier" || keyword === "label") return { kind: "value", field: `${own}[${call.argument}].${keyword}`, quote, ...place };
    return null;
  }
  const field = previous && COMPARISONS.has(previous.text) ? fieldEnding(before, before.length - 2) : listField(before);
  if (field?.endsWith(".annotator_kind")) return { kind: "annotator kind", quote, ...place };
  return field === null ? null : { kind: "value", field, quote, ...place };
}

/** The call around the end: its name and its first argument, if that is a text. */
function enclosingCall(before: Token[]): { name: string; argument: string } | null {
  let depth = 0;
  for (let index = before.length - 1; index > 0; index -= 1) {
    const { text } = before[index]!;
    if (text === ")") depth += 1;
    else if (text === "(" && depth === 0) {
      const name = before[index - 1];
      const argument = before[index + 1];
      return name?.kind === "word" ? { name: name.text, argument: argument?.kind === "string" ? argument.text : "''" } : null;
    } else if (text === "(") depth -= 1;
  }
  return null;
}

/** The field of `field in ['a', …`, when the end is inside of that list. */
function listField(before: Token[]): string | null {
  let index = before.length - 1;
  while (index >= 0 && (before[index]!.text === "," || before[index]!.kind === "string" || before[index]!.kind === "number")) index -= 1;
  if (before[index]?.text !== "[" || before[index - 1]?.text !== "in") return null;
  return fieldEnding(before, before[index - 2]?.text === "not" ? index - 3 : index - 2);
}

/** The field whose last piece is at an index: `a.b.c`, `annotations['x'].label`, `metadata['a']`. */
function fieldEnding(all: Token[], index: number): string | null {
  const path = pathEnding(all, index);
  if (path !== null) return all.slice(path.head, index + 1).map(({ text }) => text).join("");
  if (all[index]?.text === "]" && all[index - 1]?.kind === "string") {
    const head = all[index - 3];
    return head?.kind === "word" ? `${head.text}[${all[index - 1]!.text}]` : null;
  }
  return null;
}

type Path = {
  text: string;
  start: number;
  /** The first token of what is being typed, and of the whole path with what stands in brackets before it. */
  first: number;
  head: number;
  /** What is typed after the dot, when the dot follows annotations['x']. */
  member: Place | null;
};

/** The dotted words that end at an index. */
function pathEnding(all: Token[], index: number): Path | null {
  const end = all[index];
  if (end?.kind !== "word") return null;
  let first = index;
  while (all[first - 1]?.text === "." && all[first - 2]?.kind === "word" && touches(all, first - 1)) first -= 2;
  const start = all[first]!.start;
  const text = all.slice(first, index + 1).map((token) => token.text).join("");
  if (all[first - 1]?.text === "." && isConstruct(all, first - 2)) return { text, start, first, head: first - 5, member: { prefix: text, start, end: end.end } };
  return { text, start, first, head: first, member: null };
}

function touches(all: Token[], index: number): boolean {
  return all[index - 1]!.end === all[index]!.start && all[index]!.end === all[index + 1]!.start;
}

/** Whether annotations['x'] ends at an index. */
function isConstruct(all: Token[], index: number): boolean {
  return all[index]?.text === "]" && all[index - 1]?.kind === "string" && all[index - 2]?.text === "[" && CONSTRUCT.test(all[index - 3]?.text ?? "");
}

/** Whether the condition at the end already compares, or is a call, which is a condition by itself. */
function isCompared(done: Token[]): boolean {
  let depth = 0;
  for (let index = done.length - 1; index >= 0; index -= 1) {
    const { text } = done[index]!;
    if (text === ")" || text === "]") depth += 1;
    else if (text === "(" || text === "[") {
      if (depth === 0) return false;
      depth -= 1;
      if (depth === 0 && text === "(" && done[index - 1]?.kind === "word") return true;
    } else if (depth === 0 && (text === "and" || text === "or")) return false;
    else if (depth === 0 && (COMPARISONS.has(text) || text === "is")) return true;
  }
  return false;
}

function isClosed(text: string): boolean {
  return text.length > 1 && /^(['"])(?:\\.|(?!\1)[^\\])*\1$/su.test(text);
}

/** Where the string that begins at a token ends in the whole filter, so that what is taken replaces what stood there. */
function endOfString(filter: string, { start }: Token): number {
  const whole = tokens(filter).find((token) => token.start === start);
  return whole && isClosed(whole.text) && !/\b(and|or)\b/.test(whole.text) ? whole.end : filter.slice(0, start).length + (filter.slice(start).match(/^['"][^'"]*/)?.[0].length ?? 1);
}

function endOfWord(filter: string, caret: number): number {
  return caret + (/^[\p{L}\p{N}_]*/u.exec(filter.slice(caret))?.[0].length ?? 0);
}
