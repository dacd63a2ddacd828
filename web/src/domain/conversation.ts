import { type Message, openInferenceMessages, parsedJson, type Part, plainMessages, said, text, valueParts } from "./message";
import { at, type Fields, fieldsListOf, fieldsOf, isFields, nested } from "./nested";

/** What of a span is read here: as `GET /v1/projects/{project}/spans` answers with. */
export type SpanFields = {
  span_kind: string;
  status_code: string;
  status_message: string;
  attributes: Readonly<Fields>;
  events: readonly { name: string; timestamp?: string | null; attributes?: Readonly<Fields> | null }[];
};

/** A document that was retrieved. `position` (from 0) is what an annotation of it names. */
export type RetrievedDocument = { position: number; id: string | null; title: string | null; content: string; score: number | null; metadata: Fields };
export type Tool = { name: string; description: string | null; schema: unknown };
export type SpanError = { type: string | null; message: string; stack: string | null; time: string | null };
export type Embedding = { text: string | null; vector: readonly number[] | null };
export type Event = { name: string; timestamp: string | null; attributes: Readonly<Fields> };

/** A span as people read it, in the order of need. What it does not have is null or empty. */
export type Conversation = {
  /** What was asked: the last message of a user, or the input. */
  question: Message | null;
  /** What came of it: output messages (several when there were several choices), or the output. */
  answer: readonly Message[];
  /** What the model said and what tools answered between the question and the answer. */
  between: readonly Message[];
  /** Turns before the question. */
  earlier: readonly Message[];
  system: readonly Message[];
  /** Documents found, in their order: those of a reranker are what it put out. */
  documents: readonly RetrievedDocument[];
  /** Documents that a reranker was given. */
  candidates: readonly RetrievedDocument[];
  tools: readonly Tool[];
  template: { text: string; variables: unknown; version: string | null } | null;
  embeddings: readonly Embedding[];
  model: string | null;
  provider: string | null;
  parameters: Fields;
  tokens: { prompt: number | null; completion: number | null; total: number | null; details: Fields };
  costUsd: number | null;
  errors: readonly SpanError[];
  /** Events but exceptions, which are among `errors`. */
  events: readonly Event[];
  metadata: Fields;
  /** Input and output as they were sent, where question and answer show something else. */
  rawInput: readonly Part[];
  rawOutput: readonly Part[];
};

/** Read a span: who asked what, what came of it, on what evidence. */
export function conversationOf(span: SpanFields): Conversation {
  const { attributes, events } = span;
  const all = nested(attributes);
  const llm = fieldsOf(all.llm);
  const input = side(all.input, llm.input_messages, llm.prompts, "user");
  const output = side(all.output, llm.output_messages, llm.choices, "assistant");
  const reranks = span.span_kind.toUpperCase() === "RERANKER";
  const asked = turns(input.messages);
  const query = text(at(all, "reranker.query"));
  const { prompt, completion, total, ...details } = fieldsOf(llm.token_count);
  return {
    ...asked,
    question: asked.question ?? (query === null ? embedded(all) : said("user", { type: "text", text: query })),
    answer: output.messages.filter(({ role }) => role !== "user" || output.messages.length === 1),
    documents: documentsOf(at(all, reranks ? "reranker.output_documents" : "retrieval.documents")),
    candidates: documentsOf(at(all, "reranker.input_documents")),
    tools: toolsOf(all),
    template: templateOf(llm.prompt_template),
    embeddings: embeddingsOf(all),
    model: text(llm.model_name) ?? text(at(all, "embedding.model_name")) ?? text(at(all, "reranker.model_name")),
    provider: text(llm.provider) ?? text(llm.system),
    parameters: fieldsOf(parsedJson(llm.invocation_parameters ?? at(all, "embedding.invocation_parameters"))),
    tokens: { prompt: number(prompt), completion: number(completion), total: number(total) ?? sum(number(prompt), number(completion)), details },
    costUsd: number(at(llm, "cost.total")) ?? sum(number(at(llm, "cost.prompt")), number(at(llm, "cost.completion"))),
    errors: errorsOf(span),
    events: events.filter(({ name }) => name !== EXCEPTION).map(({ name, timestamp, attributes: told }) => ({ name, timestamp: timestamp ?? null, attributes: told ?? {} })),
    metadata: fieldsOf(parsedJson(all.metadata)),
    rawInput: input.raw,
    rawOutput: output.raw,
  };
}

const EXCEPTION = "exception";

/** Titles under which documents go in the metadata of common libraries, best first. */
const TITLES = ["title", "name", "file_name", "filename", "source", "url"];

type Side = { messages: Message[]; raw: Part[] };

/** What went in or came out: messages if there are any, else the value. `raw` is the value where messages are shown. */
function side(value: unknown, messages: unknown, completions: unknown, role: string): Side {
  const { value: whole, mime_type } = fieldsOf(value);
  const parts = valueParts(whole, mime_type);
  const written = openInferenceMessages(messages);
  if (written.length > 0) return { messages: written, raw: parts };
  const [only] = parts;
  const inside = only?.type === "json" ? plainMessages(only.value) : null;
  if (inside) return { messages: inside, raw: parts };
  const completed = fieldsListOf(completions).flatMap((entry) => text(at(entry, "prompt.text")) ?? text(at(entry, "completion.text")) ?? []);
  if (completed.length > 0) return { messages: completed.map((words) => said(role, { type: "text", text: words })), raw: parts };
  return { messages: parts.length === 0 ? [] : [said(role, ...parts)], raw: [] };
}

/** Messages around the last one of a user. Without any, the last of all is the question. */
function turns(messages: readonly Message[]): Pick<Conversation, "question" | "between" | "earlier" | "system"> {
  const system = messages.filter(({ role }) => role === "system");
  const rest = messages.filter(({ role }) => role !== "system");
  const place = rest.findLastIndex(({ role, callId }) => role === "user" && callId === null);
  const found = place === -1 ? rest.length - 1 : place;
  return { question: rest[found] ?? null, earlier: rest.slice(0, Math.max(found, 0)), between: rest.slice(found + 1), system };
}

function embedded(all: Fields): Message | null {
  const texts = embeddingsOf(all).flatMap((embedding) => embedding.text ?? []);
  return texts.length === 1 ? said("user", { type: "text", text: texts[0]! }) : null;
}

function embeddingsOf(all: Fields): Embedding[] {
  return fieldsListOf(at(all, "embedding.embeddings")).map((entry) => {
    const embedding = fieldsOf(entry.embedding ?? entry);
    return { text: text(embedding.text), vector: Array.isArray(embedding.vector) ? embedding.vector.filter((value) => typeof value === "number") : null };
  });
}

function documentsOf(value: unknown): RetrievedDocument[] {
  return fieldsListOf(value).map((entry, position) => {
    const document = fieldsOf(entry.document ?? entry);
    const metadata = fieldsOf(parsedJson(document.metadata));
    return {
      position,
      id: document.id === undefined || document.id === null ? null : String(document.id),
      title: TITLES.map((name) => text(metadata[name])).find((title) => title !== null) ?? null,
      content: typeof document.content === "string" ? document.content : (JSON.stringify(document.content, null, 2) ?? ""),
      score: number(document.score),
      metadata,
    };
  });
}

/** Tools that a model was offered, and the one that a tool span ran. */
function toolsOf(all: Fields): Tool[] {
  const offered = fieldsListOf(at(all, "llm.tools")).map((entry) => {
    const tool = fieldsOf(entry.tool ?? entry);
    const schema = parsedJson(tool.json_schema ?? tool);
    const declared = fieldsOf(at(schema, "function") ?? schema);
    return { name: text(declared.name) ?? text(tool.name) ?? "tool", description: text(declared.description) ?? text(tool.description), schema };
  });
  const name = text(at(all, "tool.name"));
  if (name === null) return offered;
  const schema = parsedJson(at(all, "tool.json_schema") ?? at(all, "tool.parameters"));
  return [...offered, { name, description: text(at(all, "tool.description")), schema: schema ?? null }];
}

function templateOf(value: unknown): Conversation["template"] {
  const template = text(at(value, "template"));
  if (template === null) return null;
  const version: unknown = at(value, "version");
  return { text: template, variables: parsedJson(at(value, "variables") ?? null), version: version === undefined ? null : String(version) };
}

/** What went wrong: exceptions as they were recorded, or the message of the status when there was none. */
function errorsOf({ status_code, status_message, events }: SpanFields): SpanError[] {
  const exceptions = events.filter(({ name }) => name === EXCEPTION);
  if (exceptions.length === 0) {
    return status_code === "ERROR" ? [{ type: null, message: status_message || "The span ended with an error and says no more.", stack: null, time: null }] : [];
  }
  return exceptions.map(({ attributes, timestamp }) => {
    const told = flatOrNested(attributes ?? {});
    return {
      type: text(at(told, "exception.type")),
      message: text(at(told, "exception.message")) ?? status_message,
      stack: text(at(told, "exception.stacktrace")),
      time: timestamp ?? null,
    };
  });
}

function flatOrNested(attributes: Readonly<Fields>): Fields {
  return isFields(attributes.exception) ? attributes : nested(attributes);
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** The sum of what is known; null when nothing is. */
function sum(...values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((one, other) => one + other, 0);
}
