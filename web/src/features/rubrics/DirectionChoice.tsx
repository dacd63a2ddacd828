import { useId } from "react";

import { type Direction, type Draft, extremesOf } from "./draft";
import styles from "./RubricEditor.module.css";

const DIRECTIONS: readonly (readonly [Direction, string, string])[] = [
  ["MAXIMIZE", "A high score is good", "as of correctness or helpfulness"],
  ["MINIMIZE", "A low score is good", "as of toxicity or hallucination"],
  ["NONE", "Neither", "answers only differ, as topics or languages do"],
];

/** Which way is good, in words rather than in the field's terms, and what follows from it for these labels. */
export function DirectionChoice({ draft, onChange }: { draft: Draft; onChange: (direction: Direction) => void }) {
  const name = useId();
  return (
    <fieldset className={styles.directions}>
      <legend className={styles.legend}>Which way is good?</legend>
      {DIRECTIONS.map(([direction, title, example]) => (
        <label key={direction} className={styles.direction}>
          <input type="radio" name={name} checked={draft.direction === direction} onChange={() => onChange(direction)} />
          <span>
            {title} <span className={styles.note}>{example}</span>
          </span>
        </label>
      ))}
      <p className={styles.note}>{consequence(draft)}</p>
    </fieldset>
  );
}

function consequence(draft: Draft): string {
  if (draft.direction === "NONE") return "Labels get colours of their own, in the order of the form.";
  if (draft.type !== "CATEGORICAL") return "Charts say whether a change is for the better.";
  const extremes = extremesOf(draft);
  if (extremes === null) return "Give the labels scores, and the best and the worst get their marks.";
  return `“${extremes.best}” is the best and “${extremes.worst}” the worst: their marks and all charts follow.`;
}
