import { useId } from "react";

import { NOTE } from "../domain/annotation";
import { answerIn, resultOf } from "../domain/answer";
import type { Target } from "../domain/outbox";
import type { Rubric } from "../domain/rubric";
import { controlLook, Field } from "../ui/Field";
import { RubricForm } from "../ui/RubricForm";
import styles from "./annotate.module.css";
import { leave, type Mine } from "./useMine";

/** My answers about one target: a form for each rubric, a reason for each answer, and a note. Saved as they are given. */
export function MyAnswers({ target, rubrics, mine }: { target: Target; rubrics: readonly Rubric[]; mine: Mine }) {
  const place = `${target.kind} ${target.id} ${target.position ?? ""}`;
  const note = mine.at(target, NOTE)?.explanation ?? "";
  return (
    <>
      {rubrics.map((rubric) => (
        <OneAnswer key={`${place} ${rubric.id}`} target={target} rubric={rubric} mine={mine} />
      ))}
      <Field label="Your note" hint="About anything that no question asks for.">
        {(control) => (
          <textarea
            {...control}
            key={place}
            rows={3}
            dir="auto"
            className={controlLook}
            value={note}
            onChange={({ target: { value } }) => mine.say(target, NOTE, value === "" ? null : { label: null, score: null, explanation: value }, false)}
            onBlur={leave}
          />
        )}
      </Field>
    </>
  );
}

function OneAnswer({ target, rubric, mine }: { target: Target; rubric: Rubric; mine: Mine }) {
  const id = useId();
  const result = mine.at(target, rubric.name);
  const answer = answerIn(rubric, result);
  return (
    <div className={styles.one} onBlur={rubric.type === "FREEFORM" ? leave : undefined}>
      <RubricForm rubric={rubric} value={answer} hints={false} onAnswer={(given, settled) => mine.say(target, rubric.name, resultOf(rubric, given, result?.explanation ?? null), settled)} />
      {result !== null && rubric.type !== "FREEFORM" && (
        <div className={styles.reason}>
          <label htmlFor={id} className={styles.note}>
            Reason
          </label>
          <textarea
            id={id}
            rows={2}
            dir="auto"
            className={controlLook}
            value={result.explanation ?? ""}
            onChange={({ target: { value } }) => mine.say(target, rubric.name, { ...result, explanation: value || null }, false)}
            onBlur={leave}
          />
          <button type="button" className={styles.clear} onClick={() => mine.say(target, rubric.name, null)}>
            Take the answer back
          </button>
        </div>
      )}
    </div>
  );
}
