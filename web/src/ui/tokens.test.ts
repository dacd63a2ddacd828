import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

const css = readFileSync(new URL("tokens.css", import.meta.url), "utf8");
const [light, dark] = colours(css);

describe.each([
  ["light", light],
  ["dark", dark],
])("%s", (_, tokens) => {
  test.each<[string, string, number]>([
    ["ink", "background", 7],
    ["ink", "surface", 7],
    ["muted", "background", 4.5],
    ["muted", "surface", 4.5],
    ["accent", "background", 4.5],
    ["accent", "surface", 4.5],
    ["on-accent", "accent", 4.5],
    ["good", "background", 3],
    ["middle", "background", 3],
    ["bad", "background", 3],
    ["field", "background", 3],
    ...[1, 2, 3, 4, 5, 6].map((place): [string, string, number] => [`nominal-${place}`, "background", 3]),
  ])("%s stands out on %s by %d", (front, back, least) => {
    expect(contrast(tokens?.[front], tokens?.[back])).toBeGreaterThanOrEqual(least);
  });
});

/** The colours of the day and those of the night, by name. */
function colours(text: string): [Record<string, string>, Record<string, string>] {
  const pairs = [...text.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)];
  return [Object.fromEntries(pairs.map(([, name, day]) => [name, day])), Object.fromEntries(pairs.map(([, name, , night]) => [name, night]))];
}

/** WCAG 2's contrast ratio. */
function contrast(one = "", other = ""): number {
  const [dim, bright] = [luminance(one), luminance(other)].toSorted((a, b) => a - b) as [number, number];
  return (bright + 0.05) / (dim + 0.05);
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
