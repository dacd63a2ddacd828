type Attributes = Record<string, unknown>;

const LONGEST = 240;

/** Fields in which applications put the sentence that matters, best first. */
const TELLING = ["content", "text", "question", "query", "input", "answer", "output", "response", "result", "message", "messages", "prompt"];

/** What went into a span or came out of it, as one readable line: the words, not the JSON around them. */
export function preview(attributes: Attributes, side: "input" | "output"): string {
  const value = attributes[`${side}.value`] ?? lastMessage(attributes, side);
  return shortened(oneLine(words(parsed(value))));
}

/** Spans of some libraries carry messages only. The last one is what was asked, or what was answered. */
function lastMessage(attributes: Attributes, side: "input" | "output"): unknown {
  const key = new RegExp(`^llm\\.${side}_messages\\.(\\d+)\\.message\\.(?:content|contents\\.\\d+\\.message_content\\.text)$`);
  const indexed = Object.keys(attributes).flatMap((name) => {
    const index = key.exec(name)?.[1];
    return index === undefined ? [] : [{ index: Number(index), name }];
  });
  const last = indexed.toSorted((a, b) => b.index - a.index)[0];
  return last && attributes[last.name];
}

function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{"]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value; // cut off, or only looks like JSON
  }
}

function words(value: unknown, depth = 0): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return String(value);
  if (depth < 6) {
    if (Array.isArray(value)) {
      if (value.every((item) => typeof item !== "object")) return value.join(", ");
      return words(value.at(-1), depth + 1);
    }
    const object = value as Attributes;
    const key = TELLING.find((name) => isTelling(object[name])) ?? onlyKey(object) ?? mainText(object);
    if (key !== undefined) return words(parsed(object[key]), depth + 1);
  }
  return JSON.stringify(value);
}

function isTelling(value: unknown): boolean {
  return typeof value === "string" ? value.trim() !== "" : typeof value === "object" && value !== null;
}

function onlyKey(object: Attributes): string | undefined {
  const keys = Object.keys(object);
  return keys.length === 1 ? keys[0] : undefined;
}

/** The field that holds most of the text: the others are only about it. */
function mainText(object: Attributes): string | undefined {
  const size = JSON.stringify(object).length;
  return Object.keys(object).find((key) => {
    const value = object[key];
    return typeof value === "string" && 2 * value.length > size;
  });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function shortened(text: string): string {
  const characters = Array.from(text.slice(0, 2 * LONGEST + 2)); // by code point: half a surrogate pair is no character
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("").trimEnd()}…` : text;
}
