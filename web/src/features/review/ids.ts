/** Ids of places that keys lead to. There is one review on a page. */
export const PLACES = { rubric: "rubric", reason: "review-reason", note: "review-note", correction: "review-correction" } as const;

/** Put the focus there, if it is on the page. Returns whether it is. */
export function focusOn(place: keyof typeof PLACES): boolean {
  const element = document.getElementById(PLACES[place]);
  element?.focus();
  return element !== null;
}
