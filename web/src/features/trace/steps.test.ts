import { expect, test } from "vitest";

import type { Step } from "../../api/trace";
import { barOf, below, extentOf, rowsOf, treeOf, wayTo } from "./steps";

const step = (span_id: string, parent_id: string | null, more: Partial<Step> = {}): Step => ({
  span_id,
  parent_id,
  name: span_id,
  span_kind: "CHAIN",
  status_code: "OK",
  start_time: "2026-11-23T00:00:00.000000+00:00",
  latency_ms: 100,
  total_tokens: null,
  cost_usd: null,
  annotation_count: 0,
  ...more,
});

const tree = treeOf([step("root", null), step("search", "root"), step("embed", "search"), step("ask", "root", { span_kind: "LLM" }), step("orphan", "never came")]);
const shown = (folded: string[] = [], query = "") => rowsOf(tree, new Set(folded), query).map(({ step: { span_id }, depth }) => `${"-".repeat(depth)}${span_id}`);

test("steps stand below their parents; one whose parent never came stands at the top", () => {
  expect(shown()).toEqual(["root", "-search", "--embed", "-ask", "orphan"]);
});

test("a folded step hides what is below it", () => {
  expect(shown(["search"])).toEqual(["root", "-search", "-ask", "orphan"]);
  expect(rowsOf(tree, new Set(["search"])).map(({ open, hasChildren }) => [open, hasChildren])).toEqual([
    [true, true],
    [false, true],
    [false, false],
    [false, false],
  ]);
});

test("rows know their place among their siblings", () => {
  expect(rowsOf(tree, new Set()).map(({ place, of }) => `${place}/${of}`)).toEqual(["1/2", "1/2", "1/1", "2/2", "2/2"]);
});

test("a search finds names and kinds in what is folded, with the way there", () => {
  expect(shown(["root"], "embed")).toEqual(["root", "-search", "--embed"]);
  expect(shown([], "llm")).toEqual(["root", "-ask"]);
  expect(shown([], "nothing")).toEqual([]);
  expect(rowsOf(tree, new Set(), "embed").map(({ found }) => found)).toEqual([false, false, true]);
});

test("the way to a step, and what is below one", () => {
  expect(wayTo("embed", tree)).toEqual(["embed", "search", "root"]);
  expect(wayTo("unknown", tree)).toEqual([]);
  expect(below("root", tree).map(({ span_id }) => span_id)).toEqual(["search", "embed", "ask"]);
});

test("steps that name each other or themselves as parents are shown all the same", () => {
  const circle = rowsOf(treeOf([step("a", "b"), step("b", "a"), step("c", "c")]), new Set());
  expect(circle.map(({ step: { span_id }, depth }) => `${"-".repeat(depth)}${span_id}`)).toEqual(["a", "-b", "c"]);
});

test("20,000 steps in a chain are rows, and no stack overflows", () => {
  const chain = treeOf(Array.from({ length: 20_000 }, (_, number) => step(String(number), number === 0 ? null : String(number - 1))));
  expect(rowsOf(chain, new Set()).at(-1)?.depth).toBe(19_999);
  expect(wayTo("19999", chain)).toHaveLength(20_000);
});

test("bars lie in the time of all steps, also of those that began before the root", () => {
  const early = step("early", null, { start_time: "2026-11-22T23:59:59.900000+00:00", latency_ms: 50 });
  const late = step("late", null, { start_time: "2026-11-23T00:00:00.000000+00:00", latency_ms: 100 });
  const { start, spanMs } = extentOf([late, early]);
  expect([start, spanMs]).toEqual([early.start_time, 200]);
  expect(barOf(late, start, spanMs)).toEqual({ left: 50, width: 50 });
  expect(barOf(early, start, spanMs)).toEqual({ left: 0, width: 25 });
  expect(barOf(late, start, 0)).toEqual({ left: 0, width: 100 });
});
