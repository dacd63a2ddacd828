import { useState } from "react";

import { type Annotation, putAnnotations } from "../../api/annotation";
import type { Answer } from "../../domain/answer";
import type { Rubric } from "../../domain/rubric";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { controlLook, Field } from "../../ui/Field";
import { RubricForm } from "../../ui/RubricForm";

type Props = { annotation: Annotation; rubric: Rubric | undefined; onClose: () => void; onSaved: () => void };

/** Change an annotation of one's own. If it was changed elsewhere meanwhile, nothing is written, and the reason is told. */
export function EditAnnotation({ annotation, rubric, onClose, onSaved }: Props) {
  const { result } = annotation;
  const [answer, setAnswer] = useState<Answer | null>({ label: result?.label ?? null, score: result?.score ?? null, text: result?.explanation ?? null });
  const [explanation, setExplanation] = useState(result?.explanation ?? "");
  const [error, setError] = useState<string | null>(null);
  const save = async () => {
    try {
      await putAnnotations([
        {
          target: { kind: annotation.target.kind, id: annotation.target.id, position: annotation.target.position },
          name: annotation.name,
          annotator_kind: annotation.annotator_kind,
          identifier: annotation.identifier,
          result: { label: answer?.label ?? null, score: answer?.score ?? null, explanation: (rubric?.type === "FREEFORM" ? answer?.text : explanation)?.trim() || null },
          metadata: annotation.metadata,
          source: "APP",
          if_updated_at: annotation.updated_at,
        },
      ]);
      onSaved();
    } catch (reason) {
      setError((reason as Error).message);
    }
  };
  return (
    <Dialog
      title={`Change ${annotation.name}`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" onClick={() => void save()}>
            Save
          </Button>
        </>
      }
    >
      {rubric && <RubricForm rubric={rubric} value={answer} onAnswer={setAnswer} hints={false} />}
      {rubric?.type !== "FREEFORM" && (
        <Field label="Explanation">
          {(control) => <textarea {...control} className={controlLook} rows={4} value={explanation} dir="auto" onChange={(event) => setExplanation(event.target.value)} />}
        </Field>
      )}
      {error && (
        <p role="alert">
          <span aria-hidden="true">✕</span> It was not saved: {error}
        </p>
      )}
    </Dialog>
  );
}
