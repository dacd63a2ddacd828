// Experiments by `@arizeai/phoenix-client`, unchanged, as its documentation shows them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient } from "@arizeai/phoenix-client";
import { createDataset } from "@arizeai/phoenix-client/datasets";
import {
  asExperimentEvaluator,
  createExperiment,
  deleteExperiment,
  evaluateExperiment,
  getExperiment,
  getExperimentInfo,
  getExperimentRuns,
  listExperiments,
  resumeEvaluation,
  resumeExperiment,
  runExperiment,
} from "@arizeai/phoenix-client/experiments";

import { get, hex, SERVER } from "./setting.js";

const client = createClient({ options: { baseUrl: SERVER } });
const silent = { debug() {}, info() {}, warn() {}, error() {}, table() {} };
const common = { client, logger: silent };

const CAPITALS = { France: "Paris", Peru: "Lima", Chad: "Abéché" };
const EXAMPLES = [
  { input: { country: "France" }, output: { capital: "Paris" }, metadata: {} },
  { input: { country: "Peru" }, output: { capital: "Lima" }, metadata: {} },
  { input: { country: "Chad" }, output: { capital: "N'Djamena" }, metadata: {} },
];

const newDataset = async () =>
  (await createDataset({ client, name: `capitals ${hex(4)}`, description: "", examples: EXAMPLES })).datasetId;

const answer = async ({ input }) => CAPITALS[input.country];

const correct = asExperimentEvaluator({
  name: "correct",
  kind: "CODE",
  evaluate: async ({ output, expected }) => ({
    label: output === expected.capital ? "yes" : "no",
    score: Number(output === expected.capital),
    explanation: "Compared.",
    metadata: {},
  }),
});

/** What is stored, as soon as it is what is expected: the client does not wait for its evaluations to be stored. */
async function scores(experimentId, name, count, failed = 0) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const response = await fetch(`${SERVER}/v1/experiments/${experimentId}/json`);
    const said = (await response.json()).flatMap(({ annotations }) => annotations).filter((each) => each.name === name);
    const found = said.filter(({ error }) => error === null).map(({ score }) => score);
    if (found.length === count && said.length === count + failed) return found.sort();
    assert.ok(Date.now() < deadline, `${found.length} scores of ${said.length} evaluations, not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("an experiment runs, is evaluated, read back, listed and deleted", async () => {
  const datasetId = await newDataset();
  const ran = await runExperiment({
    ...common,
    dataset: { datasetId },
    task: answer,
    evaluators: [correct],
    experimentName: "first try",
    experimentDescription: "by heart",
    experimentMetadata: { model: "memory" },
    repetitions: 2,
  });

  assert.equal(Object.keys(ran.runs).length, 6);
  assert.equal(ran.evaluationRuns.length, 6);
  assert.match(ran.projectName, /^Experiment-[0-9a-f]{24}$/);
  assert.deepEqual(await scores(ran.id, "correct", 6), [0, 0, 1, 1, 1, 1]);
  const info = await getExperimentInfo({ client, experimentId: ran.id });
  assert.deepEqual(info.metadata, { model: "memory" });
  assert.deepEqual(
    [info.exampleCount, info.repetitions, info.successfulRunCount, info.failedRunCount, info.missingRunCount],
    [3, 2, 6, 0, 0],
  );
  const read = await getExperiment({ client, experimentId: ran.id });
  assert.deepEqual(Object.keys(read.runs).sort(), Object.keys(ran.runs).sort());
  const { runs } = await getExperimentRuns({ client, experimentId: ran.id, pageSize: 4 });
  assert.deepEqual(
    runs.map(({ output }) => output).sort(),
    [...Object.values(CAPITALS), ...Object.values(CAPITALS)].sort(),
  );
  const traced = await get(`/v1/projects/${ran.projectName}/spans?limit=100`);
  assert.deepEqual(
    new Set(traced.map(({ context }) => context.trace_id)),
    new Set(runs.map(({ traceId }) => traceId)),
  );
  assert.deepEqual(
    (await listExperiments({ client, datasetId })).map(({ id }) => id),
    [ran.id],
  );
  await deleteExperiment({ client, experimentId: ran.id, deleteProject: true });
  assert.deepEqual(await listExperiments({ client, datasetId }), []);
  await assert.rejects(deleteExperiment({ client, experimentId: ran.id }));
});

test("a dry run leaves nothing behind", async () => {
  const datasetId = await newDataset();
  const ran = await runExperiment({ ...common, dataset: { datasetId }, task: answer, evaluators: [correct], dryRun: 2 });
  assert.equal(Object.keys(ran.runs).length, 2);
  assert.deepEqual(await listExperiments({ client, datasetId }), []);
});

test("tasks that fail are results, and run again when it is resumed", async () => {
  const datasetId = await newDataset();
  let closed = true;
  const task = async (example) => {
    if (closed && example.input.country === "Peru") throw new Error("Peru is closed");
    return answer(example);
  };
  const ran = await runExperiment({ ...common, dataset: { datasetId }, task });
  assert.equal((await getExperimentInfo({ client, experimentId: ran.id })).failedRunCount, 1);
  const { runs } = await getExperimentRuns({ client, experimentId: ran.id });
  assert.deepEqual(runs.map(({ error }) => error).filter(Boolean), ["Peru is closed"]);

  closed = false;
  await resumeExperiment({ ...common, experimentId: ran.id, task, evaluators: [correct] });

  assert.equal((await getExperimentInfo({ client, experimentId: ran.id })).successfulRunCount, 3);
  assert.deepEqual(await scores(ran.id, "correct", 3), [0, 1, 1]);
});

test("an experiment that was only made is run by resuming it", async () => {
  const datasetId = await newDataset();
  const made = await createExperiment({ client, datasetId, repetitions: 2 });
  assert.equal(made.missingRunCount, 6);
  await resumeExperiment({ ...common, experimentId: made.id, task: answer });
  assert.equal((await getExperimentInfo({ client, experimentId: made.id })).missingRunCount, 0);
});

test("it is evaluated later, and what failed then once more", async () => {
  const datasetId = await newDataset();
  const ran = await runExperiment({ ...common, dataset: { datasetId }, task: answer });
  let fails = true;
  const picky = asExperimentEvaluator({
    name: "picky",
    kind: "CODE",
    evaluate: async ({ output }) => {
      if (fails && output === "Lima") throw new Error("not Lima");
      return { score: 0.5 };
    },
  });
  await evaluateExperiment({ ...common, experiment: ran, evaluators: [picky] });
  assert.deepEqual(await scores(ran.id, "picky", 2, 1), [0.5, 0.5]);
  fails = false;
  await resumeEvaluation({ ...common, experimentId: ran.id, evaluators: [picky] });
  assert.deepEqual(await scores(ran.id, "picky", 3), [0.5, 0.5, 0.5]);
});
