import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";

import { PRESETS } from "../domain/preset";
import type { Rubric } from "../domain/rubric";
import { RubricForm } from "./RubricForm";

function html(rubric: Rubric, more: Partial<Parameters<typeof RubricForm>[0]> = {}): string {
  return renderToStaticMarkup(<RubricForm rubric={rubric} value={null} onAnswer={() => undefined} marked {...more} />);
}

const count = (text: string, part: string) => text.split(part).length - 1;
const verdict = { ...PRESETS[0]!.rubric, id: "1" } as Rubric;
const rating = { ...PRESETS[1]!.rubric, id: "1" } as Rubric;

test("labels are radios with their mark, their meaning and their key", () => {
  const shown = html(verdict, { value: { label: "partial", score: 0.5 } });
  expect(count(shown, 'type="radio"')).toBe(3);
  expect(shown).toMatch(/checked=""[^>]*>.*?◐.*?partial.*?something is missing\..*?2<\/kbd>/);
  expect(count(shown, 'checked=""')).toBe(1);
});

test("a short range is a row of radios, a long one a field that says its bounds, text a text area", () => {
  expect(count(html(rating), 'type="radio"')).toBe(5);
  expect(html({ ...rating, upper_bound: 100 } as Rubric)).toMatch(/<input type="text" inputMode="decimal".*1 to 100 in steps of 1/);
  expect(html({ type: "FREEFORM", id: "1", name: "remark" }, { value: { text: "so\nso" } })).toMatch(/<textarea[^>]*>so\nso<\/textarea>/);
});

test("only the marked one is current", () => {
  expect(html(verdict)).toContain('aria-current="step"');
  expect(html(verdict, { marked: false })).not.toContain("aria-current");
});

test("what a rubric says is text, whatever it says", () => {
  const hostile = "<img src=x onerror=alert(1)>";
  const shown = html({ type: "CATEGORICAL", id: "1", name: hostile, description: hostile, guideline: hostile, optimization_direction: "NONE", values: [{ label: hostile, glyph: "<b", description: hostile }] });
  expect(shown).not.toContain("<img");
  expect(shown).toContain("&lt;img src=x");
});
