// The server under test, a project of one's own, and spans to send. The environment says where: see test_npm_client.py.

import { randomBytes } from "node:crypto";

export const SERVER = process.env.SERVER;

export const hex = (bytes) => randomBytes(bytes).toString("hex");

export const newProject = () => `js-${hex(6)}`;

/** A span as `logSpans` takes it. */
export const aSpan = (fields = {}) => ({
  name: "answer",
  context: { trace_id: hex(16), span_id: hex(8) },
  span_kind: "LLM",
  start_time: "2026-03-01T12:00:00Z",
  end_time: "2026-03-01T12:00:01Z",
  status_code: "OK",
  attributes: { "input.value": "Where is my parcel?" },
  ...fields,
});

/** What the API answers, without any client. */
export async function get(path) {
  const response = await fetch(SERVER + path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()).data;
}
