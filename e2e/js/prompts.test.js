// `@arizeai/phoenix-client`, unchanged, keeps prompts on this server: made, listed, found by name, version and tag.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient } from "@arizeai/phoenix-client";
import { createPrompt, getPrompt, listPrompts, promptVersion, toSDK } from "@arizeai/phoenix-client/prompts";

import { hex, SERVER } from "./setting.js";

const client = createClient({ options: { baseUrl: SERVER } });

const VERSION = promptVersion({
  modelProvider: "OPENAI",
  modelName: "gpt-5",
  description: "the first",
  template: [
    { role: "system", content: "You answer for {{shop}}." },
    { role: "user", content: [{ type: "text", text: "Where is {{ order }}?" }] },
  ],
  invocationParameters: { temperature: 0.25, seed: 7, extra_body: { own: [null] } },
});

test("a prompt is made, found and made into what OpenAI is called with", async () => {
  const name = `prompt-${hex(6)}`;
  const made = await createPrompt({ client, name, description: "d", metadata: { team: ["a"] }, version: VERSION });

  const { id, ...kept } = made;
  assert.deepEqual(kept, VERSION);
  assert.deepEqual(await getPrompt({ client, prompt: { name } }), made);
  assert.deepEqual(await getPrompt({ client, prompt: { versionId: id } }), made);
  const call = toSDK({ sdk: "openai", prompt: made, variables: { shop: "us", order: "A-1" } });
  assert.equal(call.model, "gpt-5");
  assert.equal(call.temperature, 0.25);
  assert.equal(call.messages[0].content, "You answer for us.");
  assert.deepEqual(call.messages[1].content, [{ type: "text", text: "Where is A-1?" }]);
  const listed = (await listPrompts({ client })).find((each) => each.name === name);
  assert.deepEqual([listed.description, listed.metadata], ["d", { team: ["a"] }]);
});

test("a name gets another version, and a tag leads to the one that it is on", async () => {
  const name = `prompt-${hex(6)}`;
  const first = await createPrompt({ client, name, version: VERSION });
  const second = await createPrompt({ client, name, version: { ...VERSION, description: "the second" } });
  await client.POST("/v1/prompt_versions/{prompt_version_id}/tags", {
    params: { path: { prompt_version_id: first.id } },
    body: { name: "production" },
  });

  assert.equal((await getPrompt({ client, prompt: { name } })).id, second.id);
  assert.equal((await getPrompt({ client, prompt: { name, tag: "production" } })).id, first.id);
  const params = { path: { prompt_identifier: name } };
  const { data } = await client.GET("/v1/prompts/{prompt_identifier}/versions", { params });
  assert.deepEqual(data, { data: [second, first], next_cursor: null });
});

test("a prompt that is not there is null", async () => {
  const { error } = console;
  console.error = () => {}; // the client says so there
  try {
    assert.equal(await getPrompt({ client, prompt: { name: `nothing-${hex(6)}` } }), null);
  } finally {
    console.error = error;
  }
});

test("a prompt is described anew and deleted over the typed client", async () => {
  const name = `prompt-${hex(6)}`;
  await createPrompt({ client, name, version: VERSION });

  // The newest client on npm has no `updatePrompt` yet; this is what it will send.
  const params = { path: { prompt_identifier: name } };
  const { data: changed } = await client.PATCH("/v1/prompts/{prompt_identifier}", { params, body: { description: "new" } });
  await client.DELETE("/v1/prompts/{prompt_identifier}", { params });

  assert.equal(changed.data.description, "new");
  assert.ok((await listPrompts({ client })).every((each) => each.name !== name));
});
