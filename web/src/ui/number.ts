/** A whole number with its thousands apart: "12,345". */
export function formatCount(count: number): string {
  return count.toLocaleString("en");
}

/** An amount of dollars in two or three digits that count: "$12.30", "$0.0016", "less than $0.000001". */
export function formatCost(usd: number): string {
  if (usd === 0) return "$0";
  if (Math.abs(usd) < 1e-6) return "less than $0.000001";
  if (Math.abs(usd) >= 1) return `$${usd.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return `$${usd.toLocaleString("en", { maximumSignificantDigits: 2 })}`;
}

/** A number and its noun: "1 step", "2 steps". */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : more}`;
}
