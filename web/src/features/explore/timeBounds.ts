/** A stretch of time as it stands in an address: nothing, back from now (`-24h`, `-7d`), or a moment in ISO 8601. */
export type TimeRange = { from: string | null; to: string | null };

export const ANY_TIME: TimeRange = { from: null, to: null };

/** The stretches that people ask for, by what stands in `from`. */
export const RECENT = [
  ["-1h", "Last hour"],
  ["-24h", "Last 24 hours"],
  ["-7d", "Last 7 days"],
  ["-30d", "Last 30 days"],
] as const;

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The bounds as the API takes them: moments, those back from `now` reckoned. What cannot be read is no bound. */
export function bounds({ from, to }: TimeRange, now: Date): { start_time: string | null; end_time: string | null } {
  return { start_time: moment(from, now), end_time: moment(to, now) };
}

/** Whether the text can stand in `from` or `to`. */
export function isBound(text: string): boolean {
  return moment(text, new Date(0)) !== null;
}

/** The range in a few words, for the button that changes it. `locale` and `timeZone` are the reader's. */
export function inWords({ from, to }: TimeRange, locale?: string, timeZone?: string): string {
  if (from === null && to === null) return "Any time";
  const known = to === null && RECENT.find(([start]) => start === from);
  if (known) return known[1];
  const day = (text: string) => {
    const back = /^-(\d+)([mhd])$/.exec(text);
    if (back) return `${back[1]} ${back[2]} ago`;
    return new Date(text).toLocaleString(locale, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", ...(timeZone === undefined ? {} : { timeZone }) });
  };
  if (from === null) return `Until ${day(to ?? "")}`;
  return to === null ? `Since ${day(from)}` : `${day(from)} – ${day(to)}`;
}

/** A moment as an `<input type="datetime-local">` writes it: the reader's clock, to the minute. */
export function localMinute(iso: string): string {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * UNITS_MS.m).toISOString().slice(0, 16);
}

function moment(text: string | null, now: Date): string | null {
  if (text === null) return null;
  const back = /^-(\d{1,6})([mhd])$/.exec(text);
  if (back) return new Date(now.getTime() - Number(back[1]) * UNITS_MS[back[2] as keyof typeof UNITS_MS]).toISOString();
  return Number.isNaN(Date.parse(text)) ? null : text;
}
