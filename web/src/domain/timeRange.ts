/** The ranges that pages offer, by how they stand in the address. `bucket` is how finely a chart divides them, in s. */
export const RANGES = {
  "24h": { says: "24 hours", ms: 86_400_000, bucket: 3600 },
  "7d": { says: "7 days", ms: 7 * 86_400_000, bucket: 6 * 3600 },
  "30d": { says: "30 days", ms: 30 * 86_400_000, bucket: 86_400 },
  "90d": { says: "90 days", ms: 90 * 86_400_000, bucket: 86_400 },
} as const;

export type RangeName = keyof typeof RANGES;

/** The range that an address names; `fallback` when it names none that is known. */
export function rangeNamed(name: string | null, fallback: RangeName): RangeName {
  return name !== null && Object.hasOwn(RANGES, name) ? (name as RangeName) : fallback;
}

/** A range that ends after `now`, at a whole minute, so that what was asked a moment ago is not asked again. */
export function rangeUntil(now: number, name: RangeName): { start_time: string; end_time: string } {
  const end = Math.ceil((now + 1) / MINUTE) * MINUTE;
  return { start_time: new Date(end - RANGES[name].ms).toISOString(), end_time: new Date(end).toISOString() };
}

const MINUTE = 60_000;
