const SCHEMES = new Set(["http:", "https:", "mailto:"]);
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

/** Where a link of a span's text may lead: the address, or null for one that would run something or mean a page of ours. */
export function linkTarget(href: string): string | null {
  try {
    const url = new URL(href);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null; // relative: it was meant for another place
  }
}

/** A picture that lies in the text itself and cannot run anything; null for every other address. */
export function inlinePicture(url: string | null): string | null {
  return url !== null && /^data:image\/(?:png|jpe?g|gif|webp|avif|bmp);base64,[a-z0-9+/=\s]*$/i.test(url) ? url : null;
}

/** Text without the entities that Markdown lets people write. */
export function decoded(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,4}));/gi, (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
