import { at, type Fields, fieldsListOf, fieldsOf, isFields } from "./nested";

/** One piece of what was said. `url` of media is as the span has it: a page decides what it loads. */
export type Part =
  | { type: "text" | "reasoning"; text: string }
  | { type: "image" | "audio" | "video" | "document"; url: string | null; name: string | null; text: string | null }
  | { type: "json"; value: unknown };

export type ToolCall = { id: string | null; name: string; arguments: unknown };

/** Who said what. `role` is as the span has it, in lower case; `callId` says which tool call a result answers. */
export type Message = { role: string; name: string | null; parts: readonly Part[]; toolCalls: readonly ToolCall[]; callId: string | null };

/** Words that libraries have for the same roles. */
const ROLES: Readonly<Record<string, string>> = { human: "user", ai: "assistant", model: "assistant", aimessage: "assistant", humanmessage: "user", systemmessage: "system", toolmessage: "tool", developer: "system" };

/** A message of one or more words or values, said by `role`. */
export function said(role: string, ...parts: Part[]): Message {
  return { role, name: null, parts, toolCalls: [], callId: null };
}

/** Messages as OpenInference writes them: a list of `{message: {role, content, contents, tool_calls …}}`. */
export function openInferenceMessages(value: unknown): Message[] {
  return fieldsListOf(value).map((entry) => {
    const message = isFields(entry.message) ? entry.message : entry;
    const calls = fieldsListOf(message.tool_calls).map((call) => toolCall(isFields(call.tool_call) ? call.tool_call : call));
    const legacy = text(message.function_call_name);
    if (legacy !== null) calls.push({ id: null, name: legacy, arguments: parsedJson(message.function_call_arguments_json) });
    return {
      role: roleOf(message.role),
      name: text(message.name),
      parts: [...contentParts(message.content), ...fieldsListOf(message.contents).flatMap((content) => part(fieldsOf(content.message_content ?? content)))],
      toolCalls: calls,
      callId: text(message.tool_call_id),
    };
  });
}

/** The messages in a value that applications write down whole: `[{role, content}]`, alone or under `messages`. Null if it is no such thing. */
export function plainMessages(value: unknown): Message[] | null {
  const list: unknown = isFields(value) && Array.isArray(value.messages) ? value.messages : value;
  if (!Array.isArray(list) || list.length === 0) return null;
  const entries = (list.length === 1 && Array.isArray(list[0]) ? (list[0] as unknown[]) : list).map(unwrapped);
  if (!entries.every(isPlainMessage)) return null;
  return entries.map((entry) => ({
    role: roleOf(entry.role ?? entry.type),
    name: text(entry.name),
    parts: contentParts(entry.content),
    toolCalls: fieldsListOf(entry.tool_calls).map(toolCall),
    callId: text(entry.tool_call_id),
  }));
}

/** What a value is to a reader: text, or JSON when it is JSON that holds more than one text. Nothing for an empty value. */
export function valueParts(value: unknown, mimeType?: unknown): Part[] {
  if (value === null || value === undefined || value === "") return [];
  if (typeof value !== "string") return typeof value === "object" ? jsonParts(value) : [{ type: "text", text: String(value) }];
  if (mimeType === "text/plain" || !/^\s*[[{"]/.test(value)) return [{ type: "text", text: value }];
  const inner = parsedJson(value);
  return inner === value ? [{ type: "text", text: value }] : jsonParts(inner);
}

/** The words of a message, without what is no text. */
export function wordsOf({ parts }: Message): string {
  return parts.flatMap((one) => (one.type === "text" ? [one.text] : [])).join("\n\n");
}

/** Everything of a message as text, to copy. */
export function plainTextOf({ parts, toolCalls }: Message): string {
  const words = parts.map((one) => (one.type === "json" ? JSON.stringify(one.value, null, 2) : "url" in one ? (one.text ?? one.url ?? "") : one.text));
  const calls = toolCalls.map(({ name, arguments: given }) => `${name}(${typeof given === "string" ? given : JSON.stringify(given)})`);
  return [...words, ...calls].filter(Boolean).join("\n\n");
}

/** JSON inside of a string, or the value as it is when there is none. */
export function parsedJson(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value; // cut off, or only looks like JSON
  }
}

/** A value that says something as text; null for nothing and for what is no text. */
export function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function jsonParts(value: unknown): Part[] {
  if (typeof value === "string") return [{ type: "text", text: value }];
  if (isFields(value)) {
    const [only, ...others] = Object.values(value);
    if (others.length === 0 && typeof only === "string") return [{ type: "text", text: only }];
  }
  return [{ type: "json", value }];
}

function contentParts(content: unknown): Part[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  if (!Array.isArray(content)) return content === null || content === undefined ? [] : [{ type: "json", value: content }];
  return content.flatMap((one: unknown) => (isFields(one) ? part(one) : contentParts(one)));
}

/** A part as OpenInference, OpenAI or Anthropic write it. What is none of them stays JSON. */
function part(content: Fields): Part[] {
  const type = text(content.type)?.toLowerCase() ?? "";
  const words = text(content.text) ?? text(content.thinking) ?? text(content.reasoning);
  const medium = /(image|audio|video|document|file)/.exec(type)?.[1];
  if (medium !== undefined) {
    const kind = medium === "file" ? "document" : (medium as "image" | "audio" | "video" | "document");
    const held = fieldsOf(content[medium] ?? content[type]);
    const url = text(at(held, "url")) ?? text(at(held, `${medium}.url`)) ?? text(content[type]) ?? inlineImage(content.source) ?? null;
    return [{ type: kind, url, name: text(held.name), text: text(held.transcript) ?? words }];
  }
  if (words !== null) return [{ type: /reason|think/.test(type) ? "reasoning" : "text", text: words }];
  if (content.text === "") return [];
  return [{ type: "json", value: content }];
}

function inlineImage(source: unknown): string | null {
  const [type, data] = [text(at(source, "media_type")), text(at(source, "data"))];
  return type !== null && data !== null ? `data:${type};base64,${data}` : null;
}

/** LangChain writes a message as the call that makes it. */
function unwrapped(entry: unknown): unknown {
  if (!isFields(entry) || !isFields(entry.kwargs)) return entry;
  const made = Array.isArray(entry.id) ? text(entry.id.at(-1)) : null;
  return { ...entry.kwargs, role: made };
}

function isPlainMessage(entry: unknown): entry is Fields {
  return isFields(entry) && (text(entry.role) ?? text(entry.type)) !== null && ("content" in entry || "tool_calls" in entry);
}

function toolCall(call: Fields): ToolCall {
  const called = fieldsOf(call.function);
  return { id: text(call.id), name: text(called.name) ?? text(call.name) ?? "tool", arguments: parsedJson(called.arguments ?? call.arguments ?? call.args ?? null) };
}

function roleOf(value: unknown): string {
  const word = (text(value) ?? "user").toLowerCase();
  return ROLES[word] ?? word;
}
