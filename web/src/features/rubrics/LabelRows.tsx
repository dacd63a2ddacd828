import { useRef, useState } from "react";
import { flushSync } from "react-dom";

import { standingOf } from "../../domain/rubric";
import { Button } from "../../ui/Button";
import { controlLook } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { LabelMark } from "../../ui/LabelChip";
import { type Draft, type LabelDraft, previewOf, type Problems, withLabel, withLabelChanged, withLabelMoved, withoutLabel } from "./draft";
import styles from "./LabelRows.module.css";

const FIELDS = [
  ["label", "Label", styles.label],
  ["score", "Score", styles.score],
  ["glyph", "Mark", styles.glyph],
  ["description", "When it applies", styles.description],
] as const;

/** The labels of a rubric, one a row, in the order of their keys. */
export function LabelRows({ draft, onDraft, problems }: { draft: Draft; onDraft: (draft: Draft) => void; problems: Problems }) {
  const group = useRef<HTMLFieldSetElement>(null);
  const [said, setSaid] = useState("");
  const preview = previewOf(draft);

  /** Change the rows, then go on where the hand is: rows move in the page, and focus does not survive that. */
  function act(next: Draft, focus: string, says: string) {
    flushSync(() => {
      onDraft(next);
      setSaid(says);
    });
    group.current?.querySelector<HTMLElement>(focus)?.focus();
  }

  function move(place: number, by: -1 | 1) {
    const row = draft.labels[place];
    if (!row || !draft.labels[place + by]) return;
    act(withLabelMoved(draft, place, by), `[data-row="${row.row}"] [data-move="${by}"]`, `${row.label || "The label"} is now number ${place + by + 1} of ${draft.labels.length}.`);
  }

  function remove(place: number) {
    const next = draft.labels[place + 1] ?? draft.labels[place - 1];
    act(withoutLabel(draft, place), next ? `[data-row="${next.row}"] input` : "[data-add]", `${draft.labels[place]?.label || "The label"} is removed.`);
  }

  function add() {
    const next = withLabel(draft);
    act(next, `[data-row="${next.labels.at(-1)?.row}"] input`, "");
  }

  return (
    <fieldset ref={group} className={styles.labels}>
      <legend className={styles.legend}>Labels</legend>
      <p className={styles.hint}>In the order of their keys, 1 to 9 and 0. Scores are for averages and charts; a mark of one or two characters replaces the usual one.</p>
      <ol className={styles.rows}>
        {draft.labels.map((row, place) => (
          <li key={row.row} data-row={row.row} className={styles.row}>
            <span className={styles.mark}>
              <LabelMark standing={standingOf(preview, row.label.trim())} glyph={row.glyph.trim()} />
            </span>
            {FIELDS.map(([field, title, look]) => (
              <Cell
                key={field}
                look={look}
                title={title}
                place={place}
                field={field}
                value={row[field]}
                problem={problems[`labels.${place}.${field}`]}
                onChange={(change) => onDraft(withLabelChanged(draft, place, change))}
              />
            ))}
            <span className={styles.tools}>
              <Button look="quiet" aria-label={`Move label ${place + 1} up`} aria-disabled={place === 0} data-move="-1" className={styles.up} onClick={() => move(place, -1)}>
                <Icon name="chevron" />
              </Button>
              <Button look="quiet" aria-label={`Move label ${place + 1} down`} aria-disabled={place === draft.labels.length - 1} data-move="1" className={styles.down} onClick={() => move(place, 1)}>
                <Icon name="chevron" />
              </Button>
              <Button look="quiet" aria-label={`Remove label ${place + 1}`} onClick={() => remove(place)}>
                <Icon name="trash" />
              </Button>
            </span>
          </li>
        ))}
      </ol>
      {problems.labels && (
        <p role="alert" className={styles.problem}>
          <span aria-hidden="true">✕</span> {problems.labels}
        </p>
      )}
      <Button data-add aria-invalid={problems.labels ? true : undefined} onClick={add}>
        <Icon name="plus" /> Add a label
      </Button>
      <p role="status" className="spoken">
        {said}
      </p>
    </fieldset>
  );
}

function Cell({
  look,
  title,
  place,
  field,
  value,
  problem,
  onChange,
}: {
  look: string | undefined;
  title: string;
  place: number;
  field: Exclude<keyof LabelDraft, "row">;
  value: string;
  problem: string | undefined;
  onChange: (change: Partial<LabelDraft>) => void;
}) {
  const error = `label-${place}-${field}-error`;
  return (
    <span className={look}>
      <span className={styles.head} aria-hidden="true">
        {title}
      </span>
      <input
        className={controlLook}
        aria-label={`${title} ${place + 1}`}
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem ? error : undefined}
        value={value}
        dir="auto"
        autoComplete="off"
        inputMode={field === "score" ? "decimal" : "text"}
        onChange={({ target }) => onChange({ [field]: target.value })}
      />
      {problem && (
        <span id={error} className={styles.problem}>
          <span aria-hidden="true">✕</span> {problem}
        </span>
      )}
    </span>
  );
}
