/** Microseconds between two ISO times. `Date` keeps milliseconds only, and a span can be shorter than that. */
export function microsecondsBetween(start: string, end: string): number {
  return microseconds(end) - microseconds(start);
}

/** A duration for people, in two or three digits: "0.4 ms", "96 ms", "1.46 s", "2 min 3 s", "1 h 4 min". */
export function formatDuration(us: number): string {
  if (us < 0) return "–"; // clocks of two machines: no duration is better than a wrong one
  if (us < 10_000) return `${trimmed(us / 1000, 1)} ms`;
  if (us < 999_500) return `${Math.round(us / 1000)} ms`;
  if (us < 9_995_000) return `${trimmed(us / 1e6, 2)} s`;
  const seconds = us / 1e6;
  if (seconds < 59.95) return `${trimmed(seconds, 1)} s`;
  if (seconds < 3599.5) return pair(Math.round(seconds), 60, "min", "s");
  return pair(Math.round(seconds / 60), 60, "h", "min");
}

function microseconds(iso: string): number {
  const [, whole = iso, fraction = "", zone = ""] = /^(.*?:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?$/.exec(iso) ?? [];
  return Date.parse(whole + zone) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

function pair(amount: number, base: number, large: string, small: string): string {
  const rest = amount % base;
  return `${Math.floor(amount / base)} ${large}${rest ? ` ${rest} ${small}` : ""}`;
}
