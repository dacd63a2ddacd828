/** A mapping of values to places, with the values worth naming on the axis. */
export type Scale = { place: (value: number) => number; ticks: number[]; domain: [number, number] };

/** A linear scale from `domain`, widened to round values, to `range`; some `count` ticks. */
export function linear(domain: [number, number], range: [number, number], count = 4): Scale {
  const step = roundStep((domain[1] - domain[0] || Math.abs(domain[0]) || 1) / count);
  const low = Math.floor(domain[0] / step + SLACK) * step;
  const high = Math.max(Math.ceil(domain[1] / step - SLACK) * step, low + step);
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, at) => exact(low + at * step, step));
  return { place: placing([low, high], range), ticks, domain: [exact(low, step), exact(high, step)] };
}

/** A scale of time over exactly `domain`, in ms since 1970, with ticks at local days or hours; `count` at most. */
export function time(domain: [number, number], range: [number, number], count = 6): Scale {
  const [from, to] = domain;
  const step = TIME_STEPS.find((hours) => (to - from) / (hours * HOUR) <= count) ?? Math.ceil((to - from) / (count * DAY)) * 24;
  const first = new Date(from);
  first.setHours(step >= 24 ? 0 : Math.floor(first.getHours() / step) * step, 0, 0, 0);
  const ticks: number[] = [];
  for (const tick = first; tick.getTime() <= to; tick.setHours(tick.getHours() + step)) {
    if (tick.getTime() >= from) ticks.push(tick.getTime());
  }
  return { place: placing(domain, range), ticks, domain };
}

/** The steps of an axis: 1, 2 or 5 times a power of ten, no smaller than asked. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((one) => one * power >= least * (1 - SLACK)) ?? 10;
  return factor * power;
}

function placing([low, high]: [number, number], [start, end]: [number, number]): (value: number) => number {
  const width = high - low || 1;
  return (value) => start + ((value - low) / width) * (end - start);
}

/** Without the dust of binary fractions: 0.30000000000000004 is 0.3 for steps of 0.1. */
function exact(value: number, step: number): number {
  return Number(value.toFixed(Math.max(0, -Math.floor(Math.log10(step)))));
}

const SLACK = 1e-9;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TIME_STEPS = [1, 2, 3, 6, 12, 24, 48, 96, 168, 336];
