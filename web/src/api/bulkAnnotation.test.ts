import { beforeEach, expect, test, vi } from "vitest";

import { annotateAll, type BulkDone, takeBack } from "./bulkAnnotation";
import type { Item } from "./item";

type Put = { target: { id: string }; result: { label: string } };

/** A server that keeps annotations by target, and tells what was new. */
const kept = new Map<string, { id: string; label: string; created_at: string; updated_at: string }>();
vi.mock("./client", () => ({
  answered: async (asked: Promise<{ data: unknown }>) => (await asked).data,
  client: {
    PUT: async (_: string, { body }: { body: { data: Put[] } }) => ({ data: { data: body.data.map(keep) } }),
    POST: async (_: string, { body }: { body: { ids: string[] } }) => ({ data: body.ids.map((id) => kept.delete(id.replace("annotation ", ""))) }),
  },
}));

function keep({ target, result }: Put) {
  const before = kept.get(target.id);
  const now = { id: `annotation ${target.id}`, label: result.label, created_at: before?.created_at ?? "1", updated_at: before ? "2" : "1" };
  kept.set(target.id, now);
  return now;
}

function item(id: string, mine?: string): Item {
  const annotations = mine === undefined ? [] : [{ name: "q", identifier: "app:Ada", annotator_kind: "HUMAN", target: { kind: "span", id }, result: { label: mine }, metadata: {}, source: "APP" }];
  return { id, target_kind: "span", annotations } as unknown as Item; // the rest of an item plays no part
}

async function* inPortions(...portions: Item[][]) {
  yield* portions;
}

const ANSWER = { name: "q", identifier: "app:Ada", result: { label: "good", score: 1, explanation: null } };
const labels = () => Object.fromEntries([...kept].map(([id, { label }]) => [id, label]));

beforeEach(() => kept.clear());

test("one answer reaches all, and the undo brings back what it replaced", async () => {
  kept.set("b", { id: "annotation b", label: "bad", created_at: "0", updated_at: "0" });
  let done: BulkDone = { count: 0, made: [], replaced: [] };
  await annotateAll(inPortions([item("a"), item("b", "bad")], [item("c")]), ANSWER, (now) => (done = now), new AbortController().signal);
  expect(labels()).toEqual({ a: "good", b: "good", c: "good" });
  expect(done.count).toBe(3);

  await takeBack(done);
  expect(labels()).toEqual({ b: "bad" });
});

test("a stop ends it after what is on its way, which is told", async () => {
  const controller = new AbortController();
  const told: number[] = [];
  await annotateAll(
    inPortions(Array.from({ length: 600 }, (_, number) => item(String(number)))),
    ANSWER,
    ({ count }) => {
      told.push(count);
      if (count >= 500) controller.abort();
    },
    controller.signal,
  );
  expect(told).toEqual([250, 500]);
  expect(kept.size).toBe(500);
});
