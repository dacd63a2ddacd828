/** Values by their name. It has no prototype: span content names its keys, and may name one `__proto__`. */
export type Fields = Record<string, unknown>;

/**
 * Attributes as they are meant, `{a: {b: 1}, c: [{d: 2}]}`, of attributes as they are kept, `{"a.b": 1, "c.0.d": 2}`. Places
 * that hold objects make a list. Of keys that contradict each other (`a` and `a.b`), the longer stays dotted at the top.
 */
export function nested(flat: Readonly<Fields>): Fields {
  const root: Fields = fields();
  for (const [key, value] of Object.entries(flat)) {
    const steps = key.split(".");
    const contradicted = steps.some((_, depth) => depth > 0 && Object.hasOwn(flat, steps.slice(0, depth).join(".")));
    if (contradicted) {
      root[key] = value;
      continue;
    }
    let node = root;
    for (const step of steps.slice(0, -1)) node = (node[step] ??= fields()) as Fields;
    node[steps.at(-1)!] = value;
  }
  for (const key of Object.keys(root)) root[key] = listed(root[key]);
  return root;
}

/** The fields of an object; none when the value is something else. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : fields();
}

/** What can be asked for its fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a list; none when the value is something else. */
export function fieldsListOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** A field further in, `llm.cost.total`; undefined when there is none. */
export function at(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, step) => (isFields(inner) ? inner[step] : undefined), value);
}

function fields(): Fields {
  return Object.create(null) as Fields;
}

function listed(value: unknown): unknown {
  if (!isFields(value)) return value;
  const keys = Object.keys(value);
  for (const key of keys) value[key] = listed(value[key]);
  if (keys.length === 0 || !keys.every((key) => /^\d+$/.test(key) && typeof value[key] === "object" && value[key] !== null)) return value;
  return keys.toSorted((a, b) => Number(a) - Number(b)).map((key) => value[key]);
}
