type Fields = Readonly<Record<string, string>>;
/** Field of an example ← attribute of a span; null: as the kind of span says. */
export type Mapping = { [part in Part]: Fields | null };
export type Part = "input" | "output" | "metadata";

export const PARTS = [
  ["input", "Input"],
  ["output", "Expected output"],
  ["metadata", "Metadata"],
] as const satisfies readonly (readonly [Part, string])[];

/** A field and the attribute that it takes, as they are typed. `row` tells rows apart whatever is typed. */
export type FieldRow = { row: number; field: string; attribute: string };
/** The mapping while it is written; null: as the kind of span says. */
export type MappingDraft = { readonly [part in Part]: readonly FieldRow[] | null };

export const BY_KIND: MappingDraft = { input: null, output: null, metadata: null };

/** What fields begin with when they are chosen: the commonest, to be changed. */
const FIRST: Record<Part, readonly [field: string, attribute: string]> = {
  input: ["input", "input.value"],
  output: ["output", "output.value"],
  metadata: ["name", "name"],
};

/** Where what was annotated stands among the metadata. */
const ANNOTATIONS = "annotations";

export function isByKind(draft: MappingDraft): boolean {
  return PARTS.every(([part]) => draft[part] === null);
}

/** With fields of its own for a part, or without. */
export function withChoice(draft: MappingDraft, part: Part, ownFields: boolean): MappingDraft {
  if (ownFields === (draft[part] !== null)) return draft;
  const [field, attribute] = FIRST[part];
  return { ...draft, [part]: ownFields ? [{ row: nextRow(draft), field, attribute }] : null };
}

/** With an empty row more at the end of a part. */
export function withRow(draft: MappingDraft, part: Part): MappingDraft {
  return { ...draft, [part]: [...(draft[part] ?? []), { row: nextRow(draft), field: "", attribute: "" }] };
}

export function withRowChanged(draft: MappingDraft, part: Part, row: number, change: Partial<Omit<FieldRow, "row">>): MappingDraft {
  return { ...draft, [part]: draft[part]?.map((one) => (one.row === row ? { ...one, ...change } : one)) ?? null };
}

/** Without a row. The last one takes the choice with it: a part without fields of its own is as the kind of span says. */
export function withoutRow(draft: MappingDraft, part: Part, row: number): MappingDraft {
  const left = draft[part]?.filter((one) => one.row !== row) ?? [];
  return { ...draft, [part]: left.length === 0 ? null : left };
}

function nextRow(draft: MappingDraft): number {
  return 1 + Math.max(0, ...PARTS.flatMap(([part]) => draft[part]?.map(({ row }) => row) ?? []));
}

/** What is wrong, by the control that it is wrong at. */
export type MappingProblems = Readonly<Record<string, string>>;

export function problemKey(row: number, what: "field" | "attribute"): string {
  return `${row}.${what}`;
}

/** What is wrong in a draft. `annotated`: whether what was annotated goes into the metadata, under a name of its own. */
export function problemsOf(draft: MappingDraft, annotated: boolean): MappingProblems {
  const found: Record<string, string> = {};
  for (const [part] of PARTS) {
    const names = new Map<string, number>();
    for (const [place, { row, field, attribute }] of (draft[part] ?? []).entries()) {
      const name = field.trim();
      const before = names.get(name);
      if (name === "") found[problemKey(row, "field")] = "A field needs a name.";
      else if (before !== undefined) found[problemKey(row, "field")] = `Field ${before + 1} is called ${name} already.`;
      else if (annotated && part === "metadata" && name === ANNOTATIONS) found[problemKey(row, "field")] = "What was annotated stands here. Choose another name, or do not keep it.";
      else names.set(name, place);
      if (attribute.trim() === "") found[problemKey(row, "attribute")] = "Which attribute does it take?";
    }
  }
  return found;
}

/** What a draft without problems says. */
export function mappingOf(draft: MappingDraft): Mapping {
  const fields = (part: Part) => draft[part] && Object.fromEntries(draft[part].map(({ field, attribute }) => [field.trim(), attribute.trim()]));
  return { input: fields("input"), output: fields("output"), metadata: fields("metadata") };
}

/** A mapping as a draft, to be changed. */
export function draftOf(mapping: Mapping): MappingDraft {
  let row = 0;
  const rows = (part: Part) => mapping[part] && Object.entries(mapping[part]).map(([field, attribute]) => ({ row: (row += 1), field, attribute }));
  return { input: rows("input"), output: rows("output"), metadata: rows("metadata") };
}

/** A mapping in a few words. */
export function inWords(draft: MappingDraft): string {
  const own = PARTS.flatMap(([part, title]) => (draft[part] === null ? [] : [`${title.toLowerCase()} of ${draft[part].map(({ field }) => field.trim() || "…").join(", ")}`]));
  return own.length === 0 ? "as the kind of span says" : own.join("; ");
}

/** The chosen fields that an example lacks, because its span has no such attribute, with what they were to take. */
export function missingFrom(fields: Fields | null | undefined, value: Readonly<Record<string, unknown>>): [field: string, attribute: string][] {
  return Object.entries(fields ?? {}).filter(([field]) => !Object.hasOwn(value, field));
}

/**
 * An attribute as a mapping names it, of one as it is written in a condition.
 *
 * `metadata['tier']` is metadata.tier, `attributes['my-key']` is my-key.
 */
export function attributeNamed(written: string): string {
  const [, holder, key] = /^(metadata|attributes)\[(.+)\]$/su.exec(written) ?? [];
  if (holder === undefined || key === undefined) return written;
  return (holder === "metadata" ? "metadata." : "") + key.slice(1, -1).replace(/\\(.)/gsu, "$1");
}

/** The mapping that each dataset was last filled with; the last one used is the last. */
export type KeptMappings = readonly (readonly [dataset: string, mapping: Mapping])[];

const MOST_KEPT = 50;

/** With what a dataset was filled with just now. What goes without saying is not kept. */
export function withKept(kept: KeptMappings, dataset: string, mapping: Mapping): KeptMappings {
  const others = kept.filter(([one]) => one !== dataset);
  return PARTS.every(([part]) => mapping[part] === null) ? others : [...others, [dataset, mapping] as const].slice(-MOST_KEPT);
}

/** What is kept, as far as it can be understood. */
export function parsedMappings(text: string | null): KeptMappings {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept) ? kept.filter(isKept) : [];
  } catch {
    return [];
  }
}

function isKept(kept: unknown): kept is [string, Mapping] {
  if (!Array.isArray(kept)) return false;
  const [dataset, mapping] = kept as unknown[];
  return typeof dataset === "string" && isObject(mapping) && PARTS.every(([part]) => mapping[part] === null || areFields(mapping[part]));
}

function areFields(value: unknown): value is Fields {
  return isObject(value) && Object.keys(value).length > 0 && Object.values(value).every((attribute) => typeof attribute === "string");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
