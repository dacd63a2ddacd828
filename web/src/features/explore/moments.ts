/** The moment a microsecond later: the first that what started at `iso` is not in. `Date` knows milliseconds only. */
export function justAfter(iso: string): string {
  const [, whole = iso, fraction = "", zone = "Z"] = /^(.*?:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?$/.exec(iso) ?? [];
  const next = Number(fraction.padEnd(6, "0").slice(0, 6)) + 1;
  if (next < 1_000_000) return `${whole}.${String(next).padStart(6, "0")}${zone}`;
  return new Date(Date.parse(`${whole}${zone}`) + 1000).toISOString();
}

/** The later of a moment and a bound that may not be there. */
export function later(iso: string, bound: string | null): string {
  return bound !== null && Date.parse(bound) > Date.parse(iso) ? bound : iso;
}
