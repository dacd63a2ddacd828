import { useId, useRef, useState } from "react";

import { type Answer, choicesOf, isChosen, rangeOf, scoreProblem } from "../domain/answer";
import { type CategoricalRubric, type ContinuousRubric, type Rubric, standingOf } from "../domain/rubric";
import { controlLook } from "./Field";
import { KeyHint } from "./KeyHint";
import { LabelMark } from "./LabelChip";
import styles from "./RubricForm.module.css";

/**
 * Called with what somebody says; null when they took it back. `settled` is false when more is likely to follow: each
 * letter of a text, and a choice that the arrow keys are only passing over.
 */
export type OnAnswer = (answer: Answer | null, settled: boolean) => void;

type Props = {
  rubric: Rubric;
  value: Answer | null;
  onAnswer: OnAnswer;
  /** Whether digits answer this one now: it has a frame, and shows its keys. */
  marked?: boolean;
  /** Whether keys are shown at all. */
  hints?: boolean;
};

/**
 * A rubric as the one who annotates sees it: a group of choices, a field for a score, or one for text.
 *
 * Give it a `key` with the id of the item: a score that is still being typed belongs to the item it was typed at. A score
 * is told on Enter or when the field is left, and not at all while it breaks the rubric's bounds.
 */
export function RubricForm({ rubric, value, onAnswer, marked = false, hints = true }: Props) {
  const id = useId();
  return (
    <fieldset className={`${styles.form} ${marked ? styles.marked : ""}`} aria-current={marked ? "step" : undefined} data-rubric={rubric.name}>
      <legend id={`${id}-name`} className={styles.name} dir="auto">
        {rubric.name}
      </legend>
      {rubric.description && (
        <p className={styles.question} dir="auto">
          {rubric.description}
        </p>
      )}
      {rubric.guideline && (
        <details className={styles.guideline}>
          <summary>Guideline</summary>
          <p dir="auto">{rubric.guideline}</p>
        </details>
      )}
      {body()}
    </fieldset>
  );

  function body() {
    if (rubric.type === "FREEFORM") return <TextAnswer id={id} value={value} onAnswer={onAnswer} />;
    if (rubric.type === "CATEGORICAL") return <Labels rubric={rubric} value={value} onAnswer={onAnswer} keys={marked && hints} />;
    return choicesOf(rubric) === null ? <ScoreAnswer id={id} rubric={rubric} value={value} onAnswer={onAnswer} /> : <Rating rubric={rubric} value={value} onAnswer={onAnswer} keys={marked && hints} />;
  }
}

function Labels({ rubric, value, onAnswer, keys }: { rubric: CategoricalRubric; value: Answer | null; onAnswer: OnAnswer; keys: boolean }) {
  const group = useId();
  const { onChoose, ...listeners } = useChoosing(onAnswer);
  return (
    <div className={styles.labels} {...listeners}>
      {choicesOf(rubric)?.map((choice, place) => (
        <label key={choice.text} className={styles.label}>
          <input type="radio" name={group} className={styles.input} checked={isChosen(choice, value)} onChange={() => onChoose(choice.answer)} />
          <span className={styles.mark}>
            <LabelMark standing={standingOf(rubric, choice.text)} glyph={rubric.values[place]?.glyph} />
          </span>
          <span className={styles.text} dir="auto">
            {choice.text}
            {rubric.values[place]?.description && <span className={styles.meaning}>{rubric.values[place].description}</span>}
          </span>
          {choice.key && <Key shown={keys} digit={choice.key} />}
        </label>
      ))}
    </div>
  );
}

function Rating({ rubric, value, onAnswer, keys }: { rubric: Rubric; value: Answer | null; onAnswer: OnAnswer; keys: boolean }) {
  const group = useId();
  const { onChoose, ...listeners } = useChoosing(onAnswer);
  return (
    <div className={styles.rating} {...listeners}>
      {choicesOf(rubric)?.map((choice) => (
        <label key={choice.text} className={styles.score}>
          <input type="radio" name={group} className={styles.input} checked={isChosen(choice, value)} onChange={() => onChoose(choice.answer)} />
          <span>{choice.text}</span>
          {choice.key && choice.key !== choice.text && <Key shown={keys} digit={choice.key} />}
        </label>
      ))}
    </div>
  );
}

/** A key keeps its place when it is not shown, so that nothing moves when the mark does. */
function Key({ shown, digit }: { shown: boolean; digit: string }) {
  return (
    <span className={shown ? styles.key : styles.noKey}>
      <KeyHint keys={digit} />
    </span>
  );
}

/** Radios change under the arrow keys, on the way to the one that is meant; Space and the pointer mean it. */
function useChoosing(onAnswer: OnAnswer) {
  const passing = useRef(false);
  return {
    onChoose: (answer: Answer) => onAnswer(answer, !passing.current),
    onKeyDownCapture: (event: React.KeyboardEvent) => {
      passing.current = event.key.startsWith("Arrow");
    },
    onKeyUpCapture: () => {
      passing.current = false;
    },
    onPointerDownCapture: () => {
      passing.current = false;
    },
  };
}

function ScoreAnswer({ id, rubric, value, onAnswer }: { id: string; rubric: ContinuousRubric; value: Answer | null; onAnswer: OnAnswer }) {
  const [draft, setDraft] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const kept = value?.score ?? null;
  return (
    <div className={styles.typed}>
      <input
        type="text"
        inputMode="decimal"
        autoComplete="off"
        className={controlLook}
        value={draft ?? (kept === null ? "" : String(kept))}
        aria-labelledby={`${id}-name`}
        aria-describedby={`${id}-range${problem ? ` ${id}-problem` : ""}`}
        aria-invalid={problem ? true : undefined}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === "Enter") keep();
        }}
      />
      <span id={`${id}-range`} className={styles.range}>
        {rangeOf(rubric)}
      </span>
      {problem && (
        <p id={`${id}-problem`} role="alert" className={styles.problem}>
          <span aria-hidden="true">✕</span> {problem}
        </p>
      )}
    </div>
  );

  function keep() {
    if (draft === null) return;
    const wrong = draft.trim() === "" ? null : scoreProblem(rubric, draft);
    setProblem(wrong);
    if (wrong !== null) return;
    setDraft(null);
    const score = draft.trim() === "" ? null : Number(draft);
    if (score !== kept) onAnswer(score === null ? null : { score }, true);
  }
}

function TextAnswer({ id, value, onAnswer }: { id: string; value: Answer | null; onAnswer: OnAnswer }) {
  return (
    <textarea
      rows={3}
      className={`${controlLook} ${styles.writing}`}
      dir="auto"
      value={value?.text ?? ""}
      aria-labelledby={`${id}-name`}
      onChange={({ target }) => onAnswer(target.value === "" ? null : { text: target.value }, false)}
    />
  );
}
