// `@arizeai/phoenix-client`, unchanged, does with this server what its documentation shows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient } from "@arizeai/phoenix-client";
import {
  addSessionAnnotation,
  addSessionNote,
  deleteSession,
  deleteSessions,
  getSession,
  getSessionTurns,
  listSessions,
  logSessionAnnotations,
} from "@arizeai/phoenix-client/sessions";
import {
  addDocumentAnnotation,
  addSpanAnnotation,
  addSpanNote,
  deleteSpan,
  getSpanAnnotations,
  getSpans,
  logDocumentAnnotations,
  logSpanAnnotations,
  logSpans,
} from "@arizeai/phoenix-client/spans";
import { addTraceAnnotation, addTraceNote, getTraces, logTraceAnnotations } from "@arizeai/phoenix-client/traces";

import { aSpan, get, hex, newProject, SERVER } from "./setting.js";

const client = createClient({
  options: { baseUrl: SERVER, headers: { api_key: "a key", Authorization: "Bearer a key" } },
});

/** A new project with these spans in it. */
async function project(...spans) {
  const projectName = newProject();
  const { totalQueued } = await logSpans({ client, project: { projectName }, spans });
  assert.equal(totalQueued, spans.length);
  return projectName;
}

/** A call that is refused, by its status. */
const refused = (call, status) => assert.rejects(call, (error) => error.name === "HttpError" && error.status === status);

test("the version is the one that gates what the client dares", async () => {
  const [major] = await client.getServerVersion();
  assert.ok(major >= 20);
});

test("POST /v1/span_annotations as the documentation shows it", async () => {
  const span = aSpan();
  const projectName = await project(span);

  const { data } = await client.POST("/v1/span_annotations", {
    params: { query: { sync: true } },
    body: {
      data: [
        {
          span_id: span.context.span_id,
          name: "user_feedback",
          annotator_kind: "HUMAN",
          result: { label: "thumbs-up", score: 1 },
          metadata: {},
        },
      ],
    },
  });

  const [stored] = await get(`/v1/projects/${projectName}/span_annotations?span_ids=${span.context.span_id}`);
  assert.deepEqual(data, { data: [{ id: stored.id }] });
  assert.deepEqual(stored.result, { label: "thumbs-up", score: 1, explanation: null });
});

test("spans are logged and read, by every filter", async () => {
  const parent = aSpan({ name: "chain", span_kind: "CHAIN" });
  const child = aSpan({
    context: { ...parent.context, span_id: hex(8) },
    parent_id: parent.context.span_id,
    status_code: "ERROR",
    attributes: { "llm.model_name": "gpt-5", "metadata.tier": 2 },
  });
  const projectName = await project(parent, child);
  const names = async (filter) => {
    const { spans, nextCursor } = await getSpans({ client, project: { projectName }, ...filter });
    assert.equal(nextCursor, null);
    return spans.map((span) => span.name).toSorted();
  };

  assert.deepEqual(await names({}), ["answer", "chain"]);
  assert.deepEqual(await names({ traceIds: [parent.context.trace_id] }), ["answer", "chain"]);
  assert.deepEqual(await names({ traceIds: [hex(16)] }), []);
  assert.deepEqual(await names({ parentId: null }), ["chain"]);
  assert.deepEqual(await names({ parentId: parent.context.span_id }), ["answer"]);
  assert.deepEqual(await names({ name: "chain" }), ["chain"]);
  assert.deepEqual(await names({ spanKind: ["LLM", "TOOL"] }), ["answer"]);
  assert.deepEqual(await names({ statusCode: "ERROR" }), ["answer"]);
  assert.deepEqual(await names({ attributes: { "llm.model_name": "gpt-5", "metadata.tier": 2 } }), ["answer"]);
  assert.deepEqual(await names({ startTime: new Date("2026-03-01T12:00:00Z") }), ["answer", "chain"]);
  assert.deepEqual(await names({ endTime: new Date("2026-03-01T12:00:00Z") }), []);
});

test("spans come in pages", async () => {
  const projectName = await project(aSpan(), aSpan(), aSpan());
  const seen = [];
  let cursor;
  do {
    const page = await getSpans({ client, project: { projectName }, limit: 2, cursor });
    seen.push(...page.spans.map((span) => span.context.span_id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  assert.equal(new Set(seen).size, 3);
  assert.equal(seen.length, 3);
});

test("a span that is there already is refused with its id", async () => {
  const span = aSpan();
  const projectName = await project(span);

  await assert.rejects(logSpans({ client, project: { projectName }, spans: [aSpan(), span] }), (error) => {
    assert.equal(error.name, "SpanCreationError");
    assert.deepEqual(error.duplicateSpans, [{ spanId: span.context.span_id, traceId: span.context.trace_id }]);
    return true;
  });
  assert.equal((await getSpans({ client, project: { projectName } })).spans.length, 1);
});

test("a span is deleted", async () => {
  const [kept, gone] = [aSpan(), aSpan()];
  const projectName = await project(kept, gone);

  await deleteSpan({ client, spanIdentifier: gone.context.span_id });

  const { spans } = await getSpans({ client, project: { projectName } });
  assert.deepEqual(spans.map((span) => span.context.span_id), [kept.context.span_id]);
  await assert.rejects(deleteSpan({ client, spanIdentifier: gone.context.span_id }));
});

test("span annotations are added and logged, waiting or not, and read", async () => {
  const span = aSpan();
  const spanId = span.context.span_id;
  const projectName = await project(span);

  const added = await addSpanAnnotation({
    client,
    sync: true,
    spanAnnotation: { spanId, name: "quality", label: "good", score: 0.9, annotatorKind: "LLM", identifier: "i" },
  });
  const logged = await logSpanAnnotations({
    client,
    sync: true,
    spanAnnotations: [
      { spanId, name: "tone", label: "kind" },
      { spanId, name: "length", score: 0, annotatorKind: "CODE", metadata: { words: 3 } },
    ],
  });
  const unwaited = await addSpanAnnotation({ client, spanAnnotation: { spanId, name: "later", explanation: "So." } });

  assert.equal(unwaited, null);
  const { annotations } = await getSpanAnnotations({ client, project: { projectName }, spanIds: [spanId] });
  assert.deepEqual(
    annotations.map((each) => [each.name, each.annotator_kind, each.result.label, each.result.score]),
    [
      ["later", "HUMAN", null, null],
      ["length", "CODE", null, 0],
      ["tone", "HUMAN", "kind", null],
      ["quality", "LLM", "good", 0.9],
    ],
  );
  assert.deepEqual([added, ...logged].map(({ id }) => id), [3, 2, 1].map((place) => annotations[place].id));
  const only = { client, project: { projectName }, spanIds: [spanId], includeAnnotationNames: ["tone"] };
  assert.equal((await getSpanAnnotations(only)).annotations.length, 1);
  await refused(
    addSpanAnnotation({ client, sync: true, spanAnnotation: { spanId: hex(8), name: "n", score: 1 } }),
    404,
  );
});

test("feedback may come before its span", async () => {
  const span = aSpan();
  const spanId = span.context.span_id;
  await addSpanAnnotation({ client, spanAnnotation: { spanId, name: "early", label: "up" } });

  const projectName = await project(span);

  const { annotations } = await getSpanAnnotations({ client, project: { projectName }, spanIds: [spanId] });
  assert.deepEqual(annotations.map((each) => each.name), ["early"]);
});

test("notes pile up, and one with an identifier is replaced", async () => {
  const span = aSpan({ attributes: { "session.id": `session-${hex(6)}` } });
  const { span_id: spanId, trace_id: traceId } = span.context;
  const sessionId = span.attributes["session.id"];
  const projectName = await project(span);

  for (const note of ["one", "two"]) {
    await addSpanNote({ client, spanNote: { spanId, note } });
    await addSpanNote({ client, spanNote: { spanId, note: `${note}!`, identifier: "mine" } });
    await addTraceNote({ client, traceNote: { traceId, note } });
    await addSessionNote({ client, sessionNote: { sessionId, note } });
  }

  const notes = await get(`/v1/projects/${projectName}/annotations?name=note`);
  const of = (kind) => notes.filter((each) => each.target.kind === kind).map((each) => each.result.explanation).toSorted();
  assert.deepEqual(of("span"), ["one", "two", "two!"]);
  assert.deepEqual(of("trace"), ["one", "two"]);
  assert.deepEqual(of("session"), ["one", "two"]);
});

test("documents are annotated by their position", async () => {
  const documents = { "retrieval.documents.0.document.content": "a", "retrieval.documents.1.document.content": "b" };
  const span = aSpan({ span_kind: "RETRIEVER", attributes: documents });
  const spanId = span.context.span_id;
  const projectName = await project(span);

  const added = await addDocumentAnnotation({
    client,
    sync: true,
    documentAnnotation: { spanId, documentPosition: 0, name: "relevance", score: 1, annotatorKind: "LLM" },
  });
  await logDocumentAnnotations({
    client,
    documentAnnotations: [{ spanId, documentPosition: 1, name: "relevance", label: "no" }],
  });

  const stored = await get(`/v1/projects/${projectName}/document_annotations?span_ids=${spanId}`);
  assert.deepEqual(stored.map((each) => [each.document_position, each.result.label, each.result.score]), [
    [1, "no", null],
    [0, null, 1],
  ]);
  assert.equal(added.id, stored[1].id);
});

test("traces are listed, with their spans, and annotated", async () => {
  const span = aSpan();
  const traceId = span.context.trace_id;
  const projectName = await project(span, aSpan({ start_time: "2026-02-01T12:00:00Z" }));

  const { traces } = await getTraces({ client, project: { projectName }, includeSpans: true, limit: 1 });
  assert.deepEqual(traces.map((each) => each.trace_id), [traceId]);
  assert.deepEqual(traces[0].spans.map((each) => each.span_id), [span.context.span_id]);
  const february = { startTime: new Date("2026-02-01T00:00:00Z"), endTime: "2026-02-02T00:00:00Z" };
  assert.equal((await getTraces({ client, project: { projectName }, ...february })).traces.length, 1);

  const added = await addTraceAnnotation({
    client,
    sync: true,
    traceAnnotation: { traceId, name: "correct", label: "yes", annotatorKind: "HUMAN" },
  });
  const [logged] = await logTraceAnnotations({
    client,
    sync: true,
    traceAnnotations: [{ traceId, name: "correct", label: "no", identifier: "second" }],
  });
  const stored = await get(`/v1/projects/${projectName}/trace_annotations?trace_ids=${traceId}`);
  assert.deepEqual(stored.map((each) => [each.id, each.result.label]), [[logged.id, "no"], [added.id, "yes"]]);
});

test("sessions are listed, read, annotated and deleted", async () => {
  const [first, second, third] = [1, 2, 3].map((number) => `session-${number}-${hex(6)}`);
  const spans = [first, first, second, third].map((id, number) =>
    aSpan({
      start_time: `2026-03-01T12:0${number}:00Z`,
      end_time: `2026-03-01T12:0${number}:01Z`,
      attributes: { "session.id": id, "input.value": `question ${number}`, "output.value": "answer" },
    }),
  );
  const projectName = await project(...spans);

  const sessions = await listSessions({ client, projectName });
  assert.deepEqual(sessions.map((each) => each.sessionId), [first, second, third]);
  const session = await getSession({ client, sessionId: first });
  assert.deepEqual(session.traces.map((each) => each.traceId), spans.slice(0, 2).map((each) => each.context.trace_id));
  const turns = await getSessionTurns({ client, sessionId: first });
  assert.deepEqual(turns.map((turn) => [turn.input.value, turn.output.value]), [
    ["question 0", "answer"],
    ["question 1", "answer"],
  ]);
  const { traces } = await getTraces({ client, project: { projectName }, sessionId: [second, third] });
  assert.equal(traces.length, 2);

  const sessionAnnotation = { sessionId: first, name: "solved", label: "yes", score: 1 };
  const added = await addSessionAnnotation({ client, sync: true, sessionAnnotation });
  await logSessionAnnotations({ client, sessionAnnotations: [{ sessionId: first, name: "polite", score: 0 }] });
  const stored = await get(`/v1/projects/${projectName}/session_annotations?session_ids=${first}`);
  assert.deepEqual(stored.map((each) => each.name), ["polite", "solved"]);
  assert.equal(added.id, stored[1].id);

  await deleteSession({ client, sessionId: first });
  await deleteSessions({ client, sessionIds: [second, third] });
  assert.deepEqual(await listSessions({ client, projectName }), []);
  await refused(getSession({ client, sessionId: first }), 404);
});

test("projects are read over the typed client", async () => {
  const name = await project(aSpan());

  const { data } = await client.GET("/v1/projects", { params: { query: { limit: 1000 } } });
  const found = data.data.find((each) => each.name === name);
  const { data: one } = await client.GET("/v1/projects/{project_identifier}", {
    params: { path: { project_identifier: found.id } },
  });
  assert.equal(one.data.name, name);
  assert.ok(data.data.some((each) => each.name === "default"));
});

test("annotation configs are made and read over the typed client", async () => {
  const body = { type: "FREEFORM", name: `config-${hex(6)}`, description: null };

  const { data: made } = await client.POST("/v1/annotation_configs", { body });
  const { data: read } = await client.GET("/v1/annotation_configs/{config_identifier}", {
    params: { path: { config_identifier: body.name } },
  });
  assert.equal(made.data.id, read.data.id);
});
