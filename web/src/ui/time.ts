/** A moment for people: the time alone if it was today, else with its day. `locale` and `timeZone` are the reader's. */
export function formatTime(iso: string, now: Date, locale?: string, timeZone?: string): string {
  const moment = new Date(iso);
  const day = (date: Date) => format("day", "en-CA", timeZone).format(date);
  if (day(moment) === day(now)) return format("time", locale, timeZone).format(moment);
  const sameYear = day(moment).slice(0, 4) === day(now).slice(0, 4);
  return format(sameYear ? "dayAndTime" : "yearAndTime", locale, timeZone).format(moment);
}

const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
const SHAPES = {
  day: { year: "numeric", month: "2-digit", day: "2-digit" },
  time: TIME,
  dayAndTime: { month: "short", day: "numeric", ...TIME },
  yearAndTime: { year: "numeric", month: "short", day: "numeric", ...TIME },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** Kept: making one takes some hundred times as long as using it, and a list shows a moment in each row. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(shape: keyof typeof SHAPES, locale: string | undefined, timeZone: string | undefined): Intl.DateTimeFormat {
  const key = `${shape} ${locale} ${timeZone}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, { ...SHAPES[shape], ...(timeZone === undefined ? {} : { timeZone }) });
  formats.set(key, known);
  return known;
}
