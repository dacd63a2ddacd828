import { shelf } from "./shelf";

type Draft = { key: string; text: string };

const kept = shelf<Draft>("rubricate-drafts");
const drafts = new Map<string, string>();
let resumed: Promise<void> | null = null;

/** Texts that nothing is sent of yet, by the place they are meant for: reasons written before there is an answer. */
export function currentDrafts(): ReadonlyMap<string, string> {
  return drafts;
}

/** Keep a text over reloads; an empty one is forgotten. */
export function keepDraft(key: string, text: string): void {
  if (text === "") {
    if (drafts.delete(key)) kept.remove(key);
  } else if (drafts.get(key) !== text) {
    drafts.set(key, text);
    kept.put(key, { key, text });
  }
}

/** Take up what an earlier visit left. Resolves when it is known what that is; safe to call again. */
export function resumeDrafts(): Promise<void> {
  resumed ??= kept.all().then(
    (found) => {
      for (const { key, text } of found) if (!drafts.has(key)) drafts.set(key, text);
    },
    () => undefined,
  );
  return resumed;
}
