// Datasets by `@arizeai/phoenix-client`, unchanged, as its documentation shows it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient } from "@arizeai/phoenix-client";
import {
  appendDatasetExamples,
  createDataset,
  getDataset,
  getDatasetExamples,
  getDatasetInfo,
} from "@arizeai/phoenix-client/datasets";

import { hex, SERVER } from "./setting.js";

const client = createClient({ options: { baseUrl: SERVER } });

const newName = () => `golden / 金 ${hex(4)}`;

const EXAMPLES = [
  { input: { question: "2+2?" }, output: { answer: 4 }, metadata: { topic: "sums" } },
  { input: { question: "Capital of France?" }, output: null, metadata: null },
];

test("a dataset comes back as it was created", async () => {
  const name = newName();
  const { datasetId } = await createDataset({ client, name, description: "of the exam", examples: EXAMPLES });

  for (const dataset of [{ datasetId }, { datasetName: name }]) {
    const found = await getDataset({ client, dataset });
    assert.equal(found.id, datasetId);
    assert.equal(found.name, name);
    assert.equal(found.description, "of the exam");
    assert.deepEqual(
      found.examples.map(({ input, output, metadata }) => ({ input, output, metadata })),
      [EXAMPLES[0], { ...EXAMPLES[1], output: {}, metadata: {} }],
    );
    assert.ok(found.examples.every(({ updatedAt }) => updatedAt > new Date("2026-01-01")));
    assert.deepEqual((await getDatasetInfo({ client, dataset })).metadata, {});
  }
});

test("creating it again makes it what was sent now, and old versions stay", async () => {
  const name = newName();
  const { datasetId } = await createDataset({ client, name, description: "", examples: EXAMPLES });
  const before = await getDatasetExamples({ client, dataset: { datasetId } });
  await createDataset({ client, name, description: "", examples: EXAMPLES.slice(1) });
  const after = await getDatasetExamples({ client, dataset: { datasetId } });

  assert.deepEqual(after.examples, before.examples.slice(1));
  assert.notEqual(after.versionId, before.versionId);
  assert.deepEqual(await getDatasetExamples({ client, dataset: { datasetId, versionId: before.versionId } }), before);
});

test("examples with ids and splits are appended once", async () => {
  const name = newName();
  const split = `train ${name}`;
  const examples = [{ ...EXAMPLES[0], id: "first", splits: [split, `test ${name}`], spanId: hex(8) }, EXAMPLES[1]];
  const { datasetId } = await createDataset({ client, name, description: "", examples: [] });
  const first = await appendDatasetExamples({ client, dataset: { datasetId }, examples });
  const again = await appendDatasetExamples({ client, dataset: { datasetName: name }, examples });

  assert.deepEqual(again, first);
  const { examples: inSplit } = await getDatasetExamples({ client, dataset: { datasetId, splits: [split] } });
  assert.deepEqual(inSplit.map(({ id }) => id), ["first"]);
  assert.equal(inSplit[0].source.span_id, examples[0].spanId);
});

test("what was read may be sent back", async () => {
  const name = newName();
  const { datasetId } = await createDataset({ client, name, description: "", examples: EXAMPLES });
  const before = await getDataset({ client, dataset: { datasetId } });
  await createDataset({ client, name, description: "", examples: before.examples });

  assert.deepEqual(await getDataset({ client, dataset: { datasetId } }), before);
});

test("datasets are listed", async () => {
  const name = newName();
  await createDataset({ client, name, description: "", examples: EXAMPLES });
  const { data } = await client.GET("/v1/datasets", { params: { query: { limit: 1 } } });
  const [newest] = data.data;

  assert.equal(newest.name, name);
  assert.equal(newest.example_count, 2);
  await assert.rejects(getDataset({ client, dataset: { datasetName: "nobody's" } }), /not found/);
});
