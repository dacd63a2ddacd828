// The exporters of OpenTelemetry for JavaScript: what they have sent can be read when they are done.

import assert from "node:assert/strict";
import { test } from "node:test";

import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

import { get, newProject, SERVER } from "./setting.js";

const url = `${SERVER}/v1/traces`;
const headers = { api_key: "a key", Authorization: "Bearer a key" };
const exporters = {
  "protobuf": () => new ProtobufExporter({ url, headers }),
  "protobuf, gzip": () => new ProtobufExporter({ url, headers, compression: "gzip" }),
  "JSON": () => new JsonExporter({ url, headers }),
  "JSON, gzip": () => new JsonExporter({ url, headers, compression: "gzip" }),
};

for (const [kind, exporter] of Object.entries(exporters)) {
  for (const Processor of [SimpleSpanProcessor, BatchSpanProcessor]) {
    test(`spans over OTLP in ${kind}, by a ${Processor.name}`, async () => {
      const project = newProject();
      const provider = new BasicTracerProvider({
        resource: resourceFromAttributes({ "openinference.project.name": project, "service.name": "js" }),
        spanProcessors: [new Processor(exporter())],
      });
      const span = provider.getTracer("e2e", "1.0").startSpan("ask 🎈", {
        attributes: { "openinference.span.kind": "LLM", "input.value": "hi", "llm.token_count.total": 7, tags: ["a"] },
      });
      span.addEvent("thought", { depth: 1.5 });
      span.recordException(new Error("no answer"));
      span.setStatus({ code: 2, message: "no answer" });
      span.end();
      await provider.forceFlush();

      const [stored, ...others] = await get(`/v1/projects/${project}/spans`);

      assert.deepEqual(others, []);
      assert.deepEqual(stored.context, { trace_id: span.spanContext().traceId, span_id: span.spanContext().spanId });
      assert.deepEqual(
        [stored.name, stored.span_kind, stored.status_code, stored.status_message, stored.parent_id],
        ["ask 🎈", "LLM", "ERROR", "no answer", null],
      );
      assert.equal(stored.attributes["input.value"], "hi");
      assert.equal(stored.attributes["llm.token_count.total"], 7);
      assert.deepEqual(stored.attributes.tags, ["a"]);
      assert.deepEqual(stored.events.map((event) => event.name), ["thought", "exception"]);
      assert.equal(stored.events[0].attributes.depth, 1.5);
      await provider.shutdown();
    });
  }
}
