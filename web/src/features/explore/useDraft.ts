import { useState } from "react";

/**
 * A text that is typed here and kept elsewhere, such as in the address. What comes from elsewhere (Back, a saved view)
 * takes the draft's place; what was sent from here and comes back late never overwrites what was typed since.
 *
 * Returns the draft, how to change it, and how to tell that a text was sent.
 */
export function useDraft(kept: string): [draft: string, setDraft: (text: string) => void, adopt: (text: string) => void] {
  const [draft, setDraft] = useState(kept);
  const [known, setKnown] = useState(kept);
  if (kept !== known) {
    setKnown(kept);
    setDraft(kept);
  }
  return [
    draft,
    setDraft,
    (text) => {
      setKnown(text);
      setDraft((now) => (now.trim() === text ? text : now));
    },
  ];
}
