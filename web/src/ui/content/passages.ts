/** Text longer than this is shown in part first. A browser lays out more of it slowly, and nobody reads it at once. */
export const MOST_LINES = 400;
export const MOST_CHARACTERS = 40_000;

/** Markdown beyond this stays plain: parsing it would hold up the page. */
const MOST_MARKDOWN = 100_000;

const MARKS = [
  /^#{1,6} \S/m, // a heading
  /^ {0,3}(?:```|~~~)/m, // a block of code
  /\*\*[^*\s][^*\n]*\*\*/, // bold
  /\[[^\]\n]+\]\([^)\s]+\)/, // a link or an image
  /^ {0,3}\|?.+\|.+\n *\|?[ :]*-{3,}[-| :]*$/m, // a table
  /(?:^ {0,3}(?:[-*+]|\d{1,3}[.)]) +\S.*\n){2}/m, // two points of a list
];

/** Whether text was likely written as Markdown, and is short enough to be read as such. */
export function looksLikeMarkdown(text: string): boolean {
  return text.length <= MOST_MARKDOWN && MARKS.some((mark) => mark.test(`${text}\n`));
}

/** Where to cut text so that what is left has at most so many lines and characters; its length when it is short enough. */
export function cutAt(text: string, lines = MOST_LINES, characters = MOST_CHARACTERS): number {
  let end = -1;
  for (let line = 0; line < lines; line += 1) {
    const next = text.indexOf("\n", end + 1);
    if (next === -1 || next >= characters) {
      end = -1;
      break;
    }
    end = next;
  }
  if (end !== -1) return end + 1 < text.length ? end : text.length;
  return text.length <= characters ? text.length : wholeCharacter(text, characters);
}

/** The text in pieces of at most so many characters that begin on a line of their own where there are lines. */
export function passages(text: string, characters = MOST_CHARACTERS): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(start + characters, text.length);
    if (end < text.length) {
      const line = text.lastIndexOf("\n", end);
      end = line > start ? line + 1 : wholeCharacter(text, end);
    }
    pieces.push(text.slice(start, end).replace(/\n$/, ""));
    start = end;
  }
  return pieces;
}

/** Half of a surrogate pair is no character. */
function wholeCharacter(text: string, end: number): number {
  const code = text.charCodeAt(end - 1);
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end;
}
