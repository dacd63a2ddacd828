import { rangeOf } from "../../domain/answer";
import type { CategoricalRubric, Rubric } from "../../domain/rubric";

const TYPES = { CATEGORICAL: "labels", CONTINUOUS: "a score", FREEFORM: "text" } as const;
const DIRECTIONS = { MAXIMIZE: "a high score is good", MINIMIZE: "a low score is good", NONE: "scores have no order" } as const;

/** What a version changed of the one before it, one sentence each; for people who ask why an old label looks odd. */
export function changesOf(before: Rubric, after: Rubric): string[] {
  const changes: string[] = [];
  if (before.name !== after.name) changes.push(`Renamed from “${before.name}” to “${after.name}”.`);
  if (before.type !== after.type) changes.push(`Asks for ${TYPES[after.type]} instead of ${TYPES[before.type]}.`);
  if ((before.description ?? "") !== (after.description ?? "")) changes.push(after.description ? `The question is now “${after.description}”` : "The question was taken away.");
  if (before.type === "CATEGORICAL" && after.type === "CATEGORICAL") changes.push(...changesOfLabels(before, after));
  if (before.type === "CONTINUOUS" && after.type === "CONTINUOUS" && rangeOf(before) !== rangeOf(after)) changes.push(`The score is ${rangeOf(after)}, before it was ${rangeOf(before)}.`);
  const [was, is] = [before.optimization_direction ?? "NONE", after.optimization_direction ?? "NONE"];
  if (was !== is) changes.push(`Now ${DIRECTIONS[is]}; before, ${DIRECTIONS[was]}.`);
  if ((before.guideline ?? "") !== (after.guideline ?? "")) changes.push(guidelineChange(before.guideline, after.guideline));
  return changes.length > 0 ? changes : ["Something that this page does not show."];
}

function guidelineChange(before: string | null | undefined, after: string | null | undefined): string {
  if (!before) return "A guideline was written.";
  return after ? "The guideline was rewritten." : "The guideline was taken away.";
}

function changesOfLabels(before: CategoricalRubric, after: CategoricalRubric): string[] {
  const changes: string[] = [];
  const [old, current] = [new Map(before.values.map((value) => [value.label, value])), new Map(after.values.map((value) => [value.label, value]))];
  const added = [...current.keys()].filter((label) => !old.has(label));
  const removed = [...old.keys()].filter((label) => !current.has(label));
  if (added.length > 0) changes.push(`New: ${quoted(added)}.`);
  if (removed.length > 0) changes.push(`Gone: ${quoted(removed)}.`);
  for (const [label, value] of current) {
    const was = old.get(label);
    if (!was) continue;
    if ((was.score ?? null) !== (value.score ?? null)) changes.push(`“${label}” scores ${value.score ?? "nothing"}, before ${was.score ?? "nothing"}.`);
    if ((was.glyph ?? "") !== (value.glyph ?? "")) changes.push(value.glyph ? `“${label}” is shown as ${value.glyph}.` : `“${label}” has its usual mark again.`);
    if ((was.description ?? "") !== (value.description ?? "")) changes.push(value.description ? `“${label}” means: ${value.description}` : `“${label}” is not explained any more.`);
  }
  if (commonTo(old, current) !== commonTo(current, old)) changes.push(`The order is ${quoted([...current.keys()])}.`);
  return changes;
}

/** The labels of one that the other has as well, in its order. */
function commonTo(one: Map<string, unknown>, other: Map<string, unknown>): string {
  return [...one.keys()].filter((label) => other.has(label)).join("\n");
}

function quoted(labels: readonly string[]): string {
  return labels.map((label) => `“${label}”`).join(", ");
}
