import { execFileSync } from "node:child_process";

import { expect, test } from "vitest";

import { firstSpanIds, snippets } from "./firstSpanSnippets";

const ids = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", startMs: 1_763_900_000_000 };
const names = ["my-app", "it's \"odd\" $(here)"];

test.each(names)("what a shell makes of the snippet for %j is one span of that project", (name) => {
  const words = inShell(name, "curl() { printf '%s\\0' \"$@\"; }").split("\0");

  expect(words.slice(0, 4)).toEqual([
    `http://127.0.0.1:6006/v1/projects/${encodeURIComponent(name)}/spans`,
    "-H",
    "content-type: application/json",
    "-d",
  ]);
  expect(JSON.parse(words[4] ?? "")).toEqual({
    data: [
      {
        name: "first span",
        span_kind: "CHAIN",
        context: { trace_id: ids.traceId, span_id: ids.spanId },
        start_time: "2025-11-23T12:13:20.000Z",
        end_time: "2025-11-23T12:13:20.042Z",
        attributes: { "input.value": "Does it work?", "output.value": "It does." },
      },
    ],
  });
});

test.each(names)("the environment names the project %j as OpenTelemetry wants it", (name) => {
  const attributes = inShell(name, 'curl() { printf %s "$OTEL_RESOURCE_ATTRIBUTES"; }');

  expect(attributes).toBe(`openinference.project.name=${encodeURIComponent(name)}`);
});

test("every page makes ids of its own", () => {
  expect(firstSpanIds().traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(firstSpanIds().spanId).not.toBe(firstSpanIds().spanId);
});

/** What the shell snippets print when `curl` is a function of ours. */
function inShell(name: string, curl: string): string {
  const [, environment, command] = snippets("http://127.0.0.1:6006", { name, identifier: name }, ids);
  return execFileSync("bash", ["-c", [curl, environment?.text, command?.text].join("\n")], { encoding: "utf8" });
}
