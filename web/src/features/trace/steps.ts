import type { Step } from "../../api/trace";
import { microsecondsBetween } from "../../ui/duration";

/** A step as a row of the tree. `place` and `of` count among its siblings, from 1. */
export type Row = { step: Step; depth: number; hasChildren: boolean; open: boolean; place: number; of: number; found: boolean };

/** The steps of a trace as a tree: who is below whom. A step whose parent never arrived stands at the top. */
export type Tree = { roots: readonly Step[]; children: ReadonlyMap<string, readonly Step[]>; steps: ReadonlyMap<string, Step> };

/** The tree of steps, each of which comes after its parent; siblings stay in their order. */
export function treeOf(list: readonly Step[]): Tree {
  const steps = new Map<string, Step>();
  const children = new Map<string, Step[]>();
  const roots: Step[] = [];
  for (const step of list) {
    const siblings = step.parent_id !== null && steps.has(step.parent_id) ? children.get(step.parent_id) : roots;
    if (siblings) siblings.push(step);
    else children.set(step.parent_id!, [step]);
    steps.set(step.span_id, step);
  }
  return { roots, children, steps };
}

/** The rows to show, from top to bottom. A search shows what it finds, and the way there, whatever is folded. */
export function rowsOf({ roots, children, steps }: Tree, folded: ReadonlySet<string>, query = ""): Row[] {
  const wanted = query.trim().toLowerCase();
  const found = (step: Step) => wanted !== "" && `${step.name}\n${step.span_kind}\n${step.status_code}`.toLowerCase().includes(wanted);
  const onTheWay = wanted === "" ? null : waysTo([...steps.values()].filter(found), steps);
  const rows: Row[] = [];
  const rest = level(roots, 0);
  for (let next = rest.pop(); next; next = rest.pop()) {
    const { step, depth, place, of } = next;
    if (onTheWay && !onTheWay.has(step.span_id)) continue;
    const inner = children.get(step.span_id) ?? [];
    const open = inner.length > 0 && (onTheWay ? inner.some(({ span_id }) => onTheWay.has(span_id)) : !folded.has(step.span_id));
    rows.push({ step, depth, hasChildren: inner.length > 0, open, place, of, found: found(step) });
    if (open) rest.push(...level(inner, depth + 1));
  }
  return rows;
}

/** The ids of a step and of all above it. */
export function wayTo(step: string, { steps }: Tree): string[] {
  const found = steps.get(step);
  return found ? [...waysTo([found], steps)] : [];
}

/** The steps below one, at any depth, in the order of the tree. */
export function below(step: string, { children }: Tree): Step[] {
  const found: Step[] = [];
  const rest = [...(children.get(step) ?? [])].toReversed();
  for (let next = rest.pop(); next; next = rest.pop()) {
    found.push(next);
    rest.push(...[...(children.get(next.span_id) ?? [])].toReversed());
  }
  return found;
}

/** Where a step lies in the time of its trace: percent from the left, and of the whole. */
export function barOf(step: Step, start: string, spanMs: number): { left: number; width: number } {
  if (spanMs <= 0) return { left: 0, width: 100 };
  const left = clamped((microsecondsBetween(start, step.start_time) / 1000 / spanMs) * 100);
  return { left, width: Math.min(100 - left, Math.max(0, (step.latency_ms / spanMs) * 100)) };
}

/** From when to when a trace's steps went on: the first start, and milliseconds until the last end. */
export function extentOf(steps: readonly Step[]): { start: string; spanMs: number } {
  const [first] = steps;
  if (!first) return { start: "", spanMs: 0 };
  let [start, earliest, latest] = [first.start_time, 0, 0];
  for (const { start_time, latency_ms } of steps) {
    const begins = microsecondsBetween(first.start_time, start_time) / 1000;
    if (begins < earliest) [start, earliest] = [start_time, begins];
    latest = Math.max(latest, begins + latency_ms);
  }
  return { start, spanMs: latest - earliest };
}

type Pending = { step: Step; depth: number; place: number; of: number };

/** Siblings as a stack: the first on top. */
function level(siblings: readonly Step[], depth: number): Pending[] {
  return siblings.map((step, index) => ({ step, depth, place: index + 1, of: siblings.length })).toReversed();
}

function waysTo(found: readonly Step[], steps: ReadonlyMap<string, Step>): Set<string> {
  const way = new Set<string>();
  for (const start of found) {
    for (let step: Step | undefined = start; step && !way.has(step.span_id); step = step.parent_id === null ? undefined : steps.get(step.parent_id)) way.add(step.span_id);
  }
  return way;
}

function clamped(percent: number): number {
  return Math.min(100, Math.max(0, percent));
}
