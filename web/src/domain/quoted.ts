/** A text as the filter language writes it. Apart from `filter.ts`, which the review screen does without. */
export function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, String.raw`\$&`).replace(/\n/g, String.raw`\n`)}'`;
}
