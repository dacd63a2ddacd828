import { describe, expect, test } from "vitest";

import { conversationOf, type SpanFields } from "./conversation";
import { plainMessages, valueParts, wordsOf } from "./message";

const span = (attributes: Record<string, unknown>, more: Partial<SpanFields> = {}): SpanFields => ({
  span_kind: "LLM",
  status_code: "OK",
  status_message: "",
  events: [],
  attributes,
  ...more,
});

const exception = (attributes: Record<string, unknown>) => ({ name: "exception", timestamp: "2026-11-23T00:00:00Z", attributes });

const message = (at: string, role: string, content: string) => ({ [`${at}.message.role`]: role, [`${at}.message.content`]: content });

describe("a model's span", () => {
  const told = conversationOf(
    span({
      ...message("llm.input_messages.0", "system", "Be kind."),
      ...message("llm.input_messages.1", "user", "Hi"),
      ...message("llm.input_messages.2", "assistant", "Hello!"),
      ...message("llm.input_messages.3", "user", "Is it open?"),
      "llm.input_messages.4.message.role": "assistant",
      "llm.input_messages.4.message.tool_calls.0.tool_call.id": "c1",
      "llm.input_messages.4.message.tool_calls.0.tool_call.function.name": "hours",
      "llm.input_messages.4.message.tool_calls.0.tool_call.function.arguments": '{"day": "today"}',
      "llm.input_messages.5.message.role": "tool",
      "llm.input_messages.5.message.tool_call_id": "c1",
      "llm.input_messages.5.message.content": "9 to 17",
      ...message("llm.output_messages.0", "assistant", "Until five."),
      "input.value": '{"messages": []}',
      "llm.model_name": "gpt-4o",
      "llm.provider": "openai",
      "llm.invocation_parameters": '{"temperature": 0.2}',
      "llm.token_count.prompt": 10,
      "llm.token_count.completion": 3,
      "llm.token_count.prompt_details.cache_read": 4,
      "llm.cost.prompt": 0.1,
      "llm.cost.completion": 0.2,
      "llm.tools.0.tool.json_schema": '{"type": "function", "function": {"name": "hours", "description": "When it is open"}}',
    }),
  );

  test("is told apart into question, answer, what was between, earlier turns and system prompt", () => {
    expect(told.question && wordsOf(told.question)).toBe("Is it open?");
    expect(told.answer.map(wordsOf)).toEqual(["Until five."]);
    expect(told.earlier.map(wordsOf)).toEqual(["Hi", "Hello!"]);
    expect(told.system.map(wordsOf)).toEqual(["Be kind."]);
  });

  test("has tool calls with arguments, and results that name their call", () => {
    const [call, result] = told.between;
    expect(call?.toolCalls).toEqual([{ id: "c1", name: "hours", arguments: { day: "today" } }]);
    expect([result?.callId, result && wordsOf(result)]).toEqual(["c1", "9 to 17"]);
  });

  test("has model, parameters, tokens, cost and tools", () => {
    expect([told.model, told.provider, { ...told.parameters }]).toEqual(["gpt-4o", "openai", { temperature: 0.2 }]);
    expect(told.tokens).toMatchObject({ prompt: 10, completion: 3, total: 13, details: { prompt_details: { cache_read: 4 } } });
    expect(told.costUsd).toBeCloseTo(0.3);
    expect(told.tools).toMatchObject([{ name: "hours", description: "When it is open" }]);
  });

  test("keeps its raw input beside the messages", () => {
    expect(told.rawInput).toEqual([{ type: "json", value: { messages: [] } }]);
  });
});

test.each([
  ["text", { "input.value": "Why?", "output.value": "Because." }, ["Why?", "Because."]],
  ["JSON with one text", { "input.value": '{"question": "Why?"}', "output.value": '"Because."' }, ["Why?", "Because."]],
  ["messages inside of JSON", { "input.value": '{"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Why?"}]}', "output.value": "Because." }, ["Why?", "Because."]],
  ["prompts and completions", { "llm.prompts.0.prompt.text": "Why?", "llm.choices.0.completion.text": "Because." }, ["Why?", "Because."]],
  ["the query of a reranker", { "reranker.query": "Why?" }, ["Why?", undefined]],
  ["an embedded text", { "embedding.embeddings.0.embedding.text": "Why?" }, ["Why?", undefined]],
  ["nothing", {}, [undefined, undefined]],
])("question and answer from %s", (_, attributes, [question, answer]) => {
  const told = conversationOf(span(attributes));
  expect(told.question ? wordsOf(told.question) : undefined).toBe(question);
  expect(told.answer.map(wordsOf)[0]).toBe(answer);
});

test("an input that holds more than one text stays JSON", () => {
  const { question } = conversationOf(span({ "input.value": '{"city": "Bern", "days": 3}' }));
  expect(question?.parts).toEqual([{ type: "json", value: { city: "Bern", days: 3 } }]);
});

test("text that is said to be plain stays as it is, and JSON that was cut off stays text", () => {
  expect(valueParts('{"a": 1, "b": 2}', "text/plain")).toEqual([{ type: "text", text: '{"a": 1, "b": 2}' }]);
  expect(valueParts('{"a": 1, "b')).toEqual([{ type: "text", text: '{"a": 1, "b' }]);
  expect(valueParts("")).toEqual([]);
});

test("documents have their position, title, score and metadata; a reranker's are those it put out", () => {
  const attributes = {
    "retrieval.documents.0.document.id": "kb-1",
    "retrieval.documents.0.document.content": "One",
    "retrieval.documents.0.document.score": 0.9,
    "retrieval.documents.0.document.metadata.title": "First",
    "retrieval.documents.1.document.content": "Two",
    "retrieval.documents.1.document.metadata": '{"source": "b.md"}',
    "reranker.output_documents.0.document.content": "Best",
    "reranker.input_documents.0.document.content": "Given",
  };
  expect(conversationOf(span(attributes, { span_kind: "RETRIEVER" })).documents).toMatchObject([
    { position: 0, id: "kb-1", title: "First", content: "One", score: 0.9 },
    { position: 1, id: null, title: "b.md", content: "Two", score: null },
  ]);
  const reranked = conversationOf(span(attributes, { span_kind: "RERANKER" }));
  expect([reranked.documents[0]?.content, reranked.candidates[0]?.content]).toEqual(["Best", "Given"]);
});

test("parts that are no text: images, reasoning, and what nobody knows", () => {
  const parts = "llm.input_messages.0.message.contents";
  const { question } = conversationOf(
    span({
      "llm.input_messages.0.message.role": "user",
      [`${parts}.0.message_content.type`]: "text",
      [`${parts}.0.message_content.text`]: "Look",
      [`${parts}.1.message_content.type`]: "image",
      [`${parts}.1.message_content.image.image.url`]: "data:image/png;base64,AAAA",
      [`${parts}.2.message_content.type`]: "reasoning",
      [`${parts}.2.message_content.text`]: "Hm",
      [`${parts}.3.message_content.type`]: "hologram",
      [`${parts}.3.message_content.id`]: "h1",
    }),
  );
  expect(JSON.parse(JSON.stringify(question?.parts))).toEqual([
    { type: "text", text: "Look" },
    { type: "image", url: "data:image/png;base64,AAAA", name: null, text: null },
    { type: "reasoning", text: "Hm" },
    { type: "json", value: { type: "hologram", id: "h1" } },
  ]);
});

test.each([
  ["OpenAI's image", { type: "image_url", image_url: { url: "https://host/a.png" } }, "https://host/a.png"],
  ["Anthropic's image", { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } }, "data:image/png;base64,AAAA"],
])("%s in a message", (_, part, url) => {
  expect(plainMessages([{ role: "user", content: [part] }])?.[0]?.parts).toMatchObject([{ type: "image", url }]);
});

test("LangChain's messages are messages; rows of data are not", () => {
  const made = { lc: 1, type: "constructor", id: ["langchain", "HumanMessage"], kwargs: { content: "Why?" } };
  expect(plainMessages({ messages: [[made]] })).toMatchObject([{ role: "user", parts: [{ text: "Why?" }] }]);
  expect(plainMessages([{ type: "human", content: "Why?" }])).toMatchObject([{ role: "user" }]);
  expect(plainMessages([{ city: "Bern" }])).toBeNull();
  expect(plainMessages([])).toBeNull();
});

test("errors come with type and stack; without an exception the status tells", () => {
  const failed = { status_code: "ERROR", status_message: "it broke" };
  expect(conversationOf(span({}, { ...failed, events: [exception({ "exception.type": "ValueError", "exception.message": "no", "exception.stacktrace": "Traceback" })] })).errors).toEqual([
    { type: "ValueError", message: "no", stack: "Traceback", time: "2026-11-23T00:00:00Z" },
  ]);
  expect(conversationOf(span({}, failed)).errors).toMatchObject([{ type: null, message: "it broke", stack: null }]);
  expect(conversationOf(span({})).errors).toEqual([]);
});

test("a prompt's template with its variables, and metadata of either spelling", () => {
  const told = conversationOf(span({ "llm.prompt_template.template": "Say {x}", "llm.prompt_template.variables": '{"x": "hi"}', "llm.prompt_template.version": "8", "metadata.tier": "plus" }));
  expect(told.template).toEqual({ text: "Say {x}", variables: { x: "hi" }, version: "8" });
  expect({ ...told.metadata }).toEqual({ tier: "plus" });
  expect({ ...conversationOf(span({ metadata: '{"tier": "free"}' })).metadata }).toEqual({ tier: "free" });
});

test("values of the wrong kind break nothing", () => {
  const odd = { "llm.input_messages": "x", "retrieval.documents": 3, "llm.token_count.prompt": "7", "embedding.embeddings.0": null, "llm.tools.0.tool": 1, "input.value": 42, "llm.invocation_parameters": "[]" };
  const told = conversationOf(span(odd));
  expect([told.question && wordsOf(told.question), told.documents, told.tokens.prompt]).toEqual(["42", [], null]);
});
