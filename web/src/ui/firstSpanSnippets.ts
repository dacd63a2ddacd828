export type FirstSpanIds = { traceId: string; spanId: string; startMs: number };

/** Where the span goes: the project's name, and how a path names it (some names cannot stand in one). */
export type FirstSpanProject = { name: string; identifier: string };

/** Ids for the span in the snippet: made once, so that they do not change under the reader's hand. */
export function firstSpanIds(): FirstSpanIds {
  return { traceId: randomHex(16), spanId: randomHex(8), startMs: Date.now() };
}

/** What to paste to send spans to the server at `origin`: from a real application, or a single one to see it work. */
export function snippets(origin: string, project: FirstSpanProject, ids: FirstSpanIds): { title: string; text: string }[] {
  return [
    { title: "From Python", text: python(origin, project) },
    { title: "From anything that speaks OpenTelemetry", text: environment(origin, project) },
    { title: "One span, from a shell", text: curl(origin, project, ids) },
  ];
}

function python(origin: string, { name }: FirstSpanProject): string {
  return `# pip install rubricate openinference-instrumentation-openai
from rubricate.otel import register

register(
    endpoint=${JSON.stringify(`${origin}/v1/traces`)},
    project_name=${JSON.stringify(name)},
    auto_instrument=True,
)`;
}

function environment(origin: string, { name }: FirstSpanProject): string {
  return `export OTEL_EXPORTER_OTLP_ENDPOINT=${shellQuoted(origin)}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_RESOURCE_ATTRIBUTES=${shellQuoted(`openinference.project.name=${encodeURIComponent(name)}`)}`;
}

function curl(origin: string, { identifier }: FirstSpanProject, { traceId, spanId, startMs }: FirstSpanIds): string {
  const url = `${origin}/v1/projects/${encodeURIComponent(identifier)}/spans`;
  return `curl ${shellQuoted(url)} -H 'content-type: application/json' -d '{"data": [{
  "name": "first span",
  "span_kind": "CHAIN",
  "context": {"trace_id": "${traceId}", "span_id": "${spanId}"},
  "start_time": "${new Date(startMs).toISOString()}",
  "end_time": "${new Date(startMs + 42).toISOString()}",
  "attributes": {"input.value": "Does it work?", "output.value": "It does."}
}]}'`;
}

function shellQuoted(text: string): string {
  return /^[\w.:/=@%-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
