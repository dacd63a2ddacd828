type Json = Readonly<Record<string, unknown>>;

/**
 * What an input or an output of an example says, for people who read many: of messages the last that says something, of
 * documents the first, the only value without its name, else each value after its name.
 */
export function exampleText(value: Json): string {
  const { messages, documents } = value;
  const said = lastOf(messages) ?? firstOf(documents);
  if (said !== null) return said;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only) return written(only[1]);
  return entries.map(([name, one]) => `${name}: ${written(one)}`).join("\n");
}

function lastOf(messages: unknown): string | null {
  if (!Array.isArray(messages)) return null;
  const contents = messages.map((message: unknown) => contentOf(message)).filter((content) => content !== null);
  return contents.at(-1) ?? null;
}

function firstOf(documents: unknown): string | null {
  return Array.isArray(documents) ? contentOf(documents[0]) : null;
}

/** The content of a message or a document: text, or parts of which some are text. */
function contentOf(holder: unknown): string | null {
  if (!isObject(holder)) return null;
  const { content } = holder;
  if (typeof content === "string") return content.trim() === "" ? null : content;
  if (!Array.isArray(content)) return null;
  const texts = content.flatMap((part: unknown) => (isObject(part) && typeof part.text === "string" ? [part.text] : []));
  return texts.length === 0 ? null : texts.join("\n");
}

function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
