import { type ReactNode, useRef, useState } from "react";
import { flushSync } from "react-dom";

import { type Answer, choicesOf } from "../../domain/answer";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { controlLook, Field } from "../../ui/Field";
import { RubricForm } from "../../ui/RubricForm";
import { DirectionChoice } from "./DirectionChoice";
import { type Draft, type Problems, previewOf, problemsOf, problemsOfRefusal } from "./draft";
import { LabelRows } from "./LabelRows";
import styles from "./RubricEditor.module.css";

const TYPES = [
  ["CATEGORICAL", "Labels"],
  ["CONTINUOUS", "A score"],
  ["FREEFORM", "Text"],
] as const;

/**
 * The form in which a rubric is made or changed, and beside it what reviewers will see. `onSave` gets the draft once
 * nothing is wrong with it; what the server then refuses is shown at the field it is about.
 */
export function RubricEditor({
  draft,
  onDraft,
  onSave,
  saveLabel,
  saveNote,
  canSave = true,
  nameNote,
  children,
  actions,
}: {
  draft: Draft;
  onDraft: (draft: Draft) => void;
  onSave: (draft: Draft) => Promise<void>;
  saveLabel: string;
  /** What saving does, beside the button. */
  saveNote?: ReactNode;
  canSave?: boolean;
  nameNote?: string | undefined;
  /** Further fields of the same form. */
  children?: ReactNode;
  actions?: ReactNode;
}) {
  const form = useRef<HTMLFormElement>(null);
  const [problems, setProblems] = useState<Problems>({});
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<Draft>) => onDraft({ ...draft, ...part });

  async function save() {
    const found = problemsOf(draft);
    show(found);
    if (Object.keys(found).length > 0 || busy || !canSave) return;
    setBusy(true);
    try {
      await onSave(draft);
    } catch (refusal) {
      show(problemsOfRefusal(refusal instanceof Error ? refusal.message : String(refusal)));
    } finally {
      setBusy(false);
    }
  }

  /** The first field that is wrong gets the focus, so that its problem is read out. */
  function show(found: Problems) {
    flushSync(() => setProblems(found));
    form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }

  return (
    <div className={styles.editor}>
      <form
        ref={form}
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="Name" hint={nameNote ?? "One word that names the answers, such as correctness."} error={problems.name}>
          {(control) => <input {...control} className={controlLook} value={draft.name} dir="auto" autoComplete="off" spellCheck={false} onChange={({ target }) => change({ name: target.value })} />}
        </Field>
        <Field label="Question" hint="What reviewers are asked, in one sentence." error={problems.description}>
          {(control) => <input {...control} className={controlLook} value={draft.description} dir="auto" autoComplete="off" onChange={({ target }) => change({ description: target.value })} />}
        </Field>
        <Choice legend="Answer" value={draft.type} options={TYPES} onChange={(type) => change({ type })} />
        {draft.type === "CATEGORICAL" && <LabelRows draft={draft} onDraft={onDraft} problems={problems} />}
        {draft.type === "CONTINUOUS" && <Range draft={draft} change={change} problems={problems} />}
        {draft.type === "FREEFORM" && <p className={styles.note}>Reviewers write. What they write is kept as the explanation of the annotation.</p>}
        {draft.type !== "FREEFORM" && <DirectionChoice draft={draft} onChange={(direction) => change({ direction })} />}
        <Field label="Guideline" hint="How to answer: rules, edge cases, examples. Reviewers open it below the question." error={problems.guideline}>
          {(control) => (
            <textarea {...control} className={`${controlLook} ${styles.guideline}`} rows={5} dir="auto" value={draft.guideline} onChange={({ target }) => change({ guideline: target.value })} />
          )}
        </Field>
        {children}
        {problems.rubric && (
          <p role="alert" className={styles.refused}>
            <span aria-hidden="true">✕</span> {problems.rubric}
          </p>
        )}
        <div className={styles.actions}>
          <Button look="primary" type="submit" aria-disabled={!canSave || busy}>
            {saveLabel}
          </Button>
          {actions}
          {saveNote && <span className={styles.note}>{saveNote}</span>}
        </div>
      </form>
      <Preview draft={draft} />
    </div>
  );
}

function Range({ draft, change, problems }: { draft: Draft; change: (part: Partial<Draft>) => void; problems: Problems }) {
  const whole = choicesOf(previewOf({ ...draft, step: "" })) !== null;
  const fields = [
    ["lower", "Lowest score", "Empty: no bound."],
    ["upper", "Highest score", "Empty: no bound."],
    ["step", "Step", whole ? "Empty: whole numbers." : "Empty: any score."],
  ] as const;
  return (
    <div className={styles.range}>
      {fields.map(([field, label, hint]) => (
        <Field key={field} label={label} hint={hint} error={problems[field]}>
          {(control) => <input {...control} inputMode="decimal" autoComplete="off" className={controlLook} value={draft[field]} onChange={({ target }) => change({ [field]: target.value })} />}
        </Field>
      ))}
    </div>
  );
}

/** The rubric as reviewers will see it, to try. */
function Preview({ draft }: { draft: Draft }) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  return (
    <section className={styles.preview} aria-labelledby="preview">
      <h2 id="preview" className={styles.heading}>
        What reviewers see
      </h2>
      <RubricForm key={draft.type} rubric={previewOf(draft)} value={answer} onAnswer={setAnswer} marked />
      <p className={styles.note}>{draft.type === "FREEFORM" ? "Try it: nothing is kept." : "Try it: nothing is kept. In a review, one key answers and goes on."}</p>
    </section>
  );
}
