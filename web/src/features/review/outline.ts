import type { Step } from "../../api/reviewItem";

/** A step as a line of the outline: how deep it lies, and where on the time of its trace, in percent. */
export type Line = { step: Step; depth: number; from: number; width: number };

/** Steps in tree order as lines. A step whose parent is not among them lies at the top. */
export function outlineOf(steps: readonly Step[]): Line[] {
  const depths = new Map<string, number>();
  const begin = Math.min(...steps.map(({ start_time }) => Date.parse(start_time)));
  const end = Math.max(...steps.map(({ start_time, latency_ms }) => Date.parse(start_time) + latency_ms));
  const percent = (ms: number) => (end > begin ? (ms / (end - begin)) * 100 : 0);
  return steps.map((step) => {
    const depth = step.parent_id !== null && depths.has(step.parent_id) ? (depths.get(step.parent_id) ?? 0) + 1 : 0;
    depths.set(step.span_id, depth);
    const from = percent(Date.parse(step.start_time) - begin);
    return { step, depth, from, width: Math.min(Math.max(percent(step.latency_ms), 1), 100 - Math.min(from, 99)) };
  });
}
