/** A moment for people: the time alone if it was today, else with its day. `locale` and `timeZone` are the reader's. */
export function formatTime(iso: string, now: Date, locale?: string, timeZone?: string): string {
  const moment = new Date(iso);
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = (date: Date) => date.toLocaleDateString("en-CA", zone);
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", ...zone };
  if (day(moment) === day(now)) return moment.toLocaleTimeString(locale, time);
  const sameYear = day(moment).slice(0, 4) === day(now).slice(0, 4);
  return moment.toLocaleString(locale, { month: "short", day: "numeric", ...(sameYear ? {} : { year: "numeric" }), ...time });
}
