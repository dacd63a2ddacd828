/** One key, or several that mean the same, and what they do. The table feeds handlers, hints, the list of keys and tests. */
export type Binding = { keys: readonly string[]; says: string };

/** Where a key counts. `everywhere` counts on every page; a page adds its own. */
export const KEYMAP = {
  everywhere: {
    keyList: { keys: ["?"], says: "All keys" },
    goExplore: { keys: ["g e"], says: "Explore this project" },
    goReview: { keys: ["g r"], says: "Review this project" },
    goAnnotations: { keys: ["g a"], says: "Annotations of this project" },
    goDatasets: { keys: ["g d"], says: "All datasets" },
    goOverview: { keys: ["g o"], says: "Overview of this project" },
  },
  explore: {
    filter: { keys: ["/"], says: "Filter" },
    down: { keys: ["j", "ArrowDown"], says: "Next row" },
    up: { keys: ["k", "ArrowUp"], says: "Row before" },
    open: { keys: ["Enter"], says: "Open the row" },
    select: { keys: ["x"], says: "Select the row" },
    selectRange: { keys: ["Shift+X"], says: "Select up to here" },
    selectAll: { keys: ["a"], says: "Select all that match" },
    review: { keys: ["q"], says: "Review what is selected, or all that match" },
    dataset: { keys: ["e"], says: "Send to a dataset" },
    export: { keys: ["Shift+E"], says: "Export as a file" },
  },
  trace: {
    down: { keys: ["j"], says: "Next step" },
    up: { keys: ["k"], says: "Step before" },
    fold: { keys: ["h"], says: "Fold the step" },
    unfold: { keys: ["l"], says: "Unfold the step" },
    annotate: { keys: ["r"], says: "Annotate" },
    steps: { keys: ["["], says: "Hide or show the steps" },
  },
  review: {
    answer: { keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"], says: "Answer the marked question" },
    next: { keys: ["j"], says: "Next item" },
    back: { keys: ["k"], says: "Item before" },
    done: { keys: ["Mod+Enter"], says: "Done, next item (also inside of text)" },
    skip: { keys: ["s"], says: "Skip" },
    flag: { keys: ["f"], says: "Flag" },
    reason: { keys: ["r"], says: "Write a reason" },
    note: { keys: ["n"], says: "Write a note" },
    correct: { keys: ["c"], says: "Correct the answer" },
    documents: { keys: ["d"], says: "Judge the documents: 1 relevant, 2 not" },
    undo: { keys: ["u", "Mod+z"], says: "Undo" },
    redo: { keys: ["Shift+U", "Mod+Shift+z"], says: "Redo" },
    others: { keys: ["o"], says: "Show what others answered" },
    steps: { keys: ["["], says: "Hide or show the steps" },
  },
} as const satisfies Record<string, Record<string, Binding>>;

export type Scope = keyof typeof KEYMAP;
export type Action<S extends Scope> = Extract<keyof (typeof KEYMAP)[S], string>;

/** What the matcher looks at of a key press. */
export type Press = {
  key: string;
  code?: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  repeat: boolean;
};

/** How a press is written in the table: `j`, `Shift+X`, `Mod+Enter` (Ctrl, or ⌘). Null for one that means nothing. */
export function spelled(press: Press): string | null {
  if (press.altKey || press.repeat || MODIFIERS.has(press.key)) return null;
  const mod = press.ctrlKey || press.metaKey;
  const named = digitOf(press) ?? press.key;
  const letter = /^[a-z]$/i.test(named);
  if (mod) return `Mod+${press.shiftKey ? "Shift+" : ""}${letter ? named.toLowerCase() : named}`;
  if (letter && press.shiftKey) return `Shift+${named.toUpperCase()}`;
  return letter ? named.toLowerCase() : named; // "?" and "[" already are what Shift made of them
}

/** Digits with or without Shift: on AZERTY they need it, and a layout that is not Latin has its own. */
function digitOf({ key, code }: Press): string | null {
  if (/^[0-9]$/.test(key)) return key;
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(code ?? "")?.[1];
  return digit !== undefined && AZERTY.includes(key) ? digit : null;
}

const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "CapsLock", "Dead", "Process", "Unidentified"]);
const AZERTY = "&é\"'(-è_çà";

/** The action of a scope that a press, or a press after a prefix such as `g`, stands for. */
export function actionOf<S extends Scope>(scope: S, spelling: string, prefix: string | null = null): Action<S> | null {
  const wanted = prefix === null ? spelling : `${prefix} ${spelling}`;
  const bindings = Object.entries(KEYMAP[scope]) as [Action<S>, Binding][];
  return bindings.find(([, { keys }]) => keys.includes(wanted))?.[0] ?? null;
}

/** Whether a press begins a sequence of two, such as `g e`. */
export function isPrefix(spelling: string): boolean {
  return Object.values(KEYMAP).some((bindings) => Object.values<Binding>(bindings).some(({ keys }) => keys.some((key) => key.startsWith(`${spelling} `))));
}

/** Whether a binding works without a modifier, so that people may want it off. */
export function isSingle(spelling: string): boolean {
  return !spelling.startsWith("Mod+");
}
