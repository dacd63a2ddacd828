import { useEffect, useId, useRef, useState } from "react";

import { annotateAll, type BulkDone, takeBack } from "../../api/bulkAnnotation";
import type { Item } from "../../api/item";
import { type Answer, saysSomething } from "../../domain/answer";
import type { Rubric } from "../../domain/rubric";
import { annotatorOf } from "../../preferences";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { controlLook, Field } from "../../ui/Field";
import { ProgressBar } from "../../ui/ProgressBar";
import { RubricForm } from "../../ui/RubricForm";
import { toast } from "../../ui/Toasts";
import styles from "./sheets.module.css";
import { counted, type Level, noun } from "./view";

type Progress = { state: "asking" } | { state: "running" | "stopping"; done: number } | { state: "failed"; done: number; reason: string };

/** One answer for everything that is selected, in the name of a person. What is written can be taken back. */
export function BulkAnnotate({
  level,
  rubrics,
  person,
  count,
  items,
  onClose,
}: {
  level: Level;
  rubrics: readonly Rubric[];
  person: string;
  /** How many items there are; null while nobody knows. */
  count: number | null;
  items: (signal: AbortSignal) => AsyncIterable<readonly Item[]>;
  onClose: () => void;
}) {
  const id = useId();
  const [name, setName] = useState(rubrics[0]?.name ?? "");
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [explanation, setExplanation] = useState("");
  const [progress, setProgress] = useState<Progress>({ state: "asking" });
  const running = useRef<AbortController | null>(null);
  const done = useRef<BulkDone>({ count: 0, made: [], replaced: [] });
  useEffect(() => () => running.current?.abort(), []);
  const rubric = rubrics.find((one) => one.name === name);
  const busy = progress.state === "running" || progress.state === "stopping";
  const written = progress.state === "asking" ? 0 : progress.done;
  const amount = count === null ? noun(level, 2) : counted(level, count);

  return (
    <Dialog
      title={`Annotate ${amount}`}
      place="side"
      onClose={close}
      actions={
        busy ? (
          <Button disabled={progress.state === "stopping"} onClick={close}>
            Stop
          </Button>
        ) : (
          <>
            <Button onClick={close}>{written > 0 ? "Close" : "Cancel"}</Button>
            {written === 0 && (
              <Button look="primary" disabled={!saysSomething(answer)} onClick={() => void run()}>
                {progress.state === "failed" ? "Try again" : `Annotate ${amount}`}
              </Button>
            )}
          </>
        )
      }
    >
      <div className={styles.sheet} inert={busy}>
        <p className={styles.note}>
          Each gets the same answer as <strong>{person}</strong>. Your earlier answers under this name are replaced; nobody else’s are touched. It can be undone.
        </p>
        {rubrics.length > 1 && (
          <Field label="Rubric">
            {(control) => (
              <select
                {...control}
                className={controlLook}
                value={name}
                onChange={({ target }) => {
                  setName(target.value);
                  setAnswer(null);
                }}
              >
                {rubrics.map((one) => (
                  <option key={one.id}>{one.name}</option>
                ))}
              </select>
            )}
          </Field>
        )}
        {rubric && <RubricForm key={`${id}-${rubric.id}`} rubric={rubric} value={answer} onAnswer={setAnswer} hints={false} />}
        {rubric?.type !== "FREEFORM" && (
          <Field label="Reason" hint="Optional. It stands beside each answer.">
            {(control) => <textarea {...control} className={controlLook} rows={2} dir="auto" value={explanation} onChange={({ target }) => setExplanation(target.value)} />}
          </Field>
        )}
      </div>
      <div role="status" className={styles.progress}>
        {busy && (
          <>
            <ProgressBar done={written} of={count ?? written + 1} label="Annotated" />
            <p>
              {written.toLocaleString("en-US")} of {amount}
            </p>
          </>
        )}
        {progress.state === "failed" && (
          <p>
            <span className={styles.failed} aria-hidden="true">
              ✕
            </span>{" "}
            {progress.reason} {counted(level, progress.done)} were annotated before that.
          </p>
        )}
      </div>
    </Dialog>
  );

  async function run() {
    if (!answer || !rubric) return;
    const controller = new AbortController();
    running.current = controller;
    setProgress({ state: "running", done: 0 });
    const said = { label: answer.label ?? null, score: answer.score ?? null, explanation: answer.text ?? (explanation.trim() || null) };
    try {
      await annotateAll(
        items(controller.signal),
        { name: rubric.name, identifier: annotatorOf(person), result: said },
        (all) => {
          done.current = all;
          setProgress((now) => ({ state: now.state === "stopping" ? "stopping" : "running", done: all.count }));
        },
        controller.signal,
      );
      finish();
    } catch (reason) {
      if (controller.signal.aborted) finish();
      else setProgress({ state: "failed", done: done.current.count, reason: reason instanceof Error ? reason.message : String(reason) });
    }
  }

  /** What is on its way is still written, and told, before a run that was stopped ends. */
  function close() {
    if (!busy) finish();
    else {
      setProgress({ state: "stopping", done: written });
      running.current?.abort();
    }
  }

  /** Also when it was stopped or failed: what was written is told, and can be taken back. */
  function finish() {
    const all = done.current;
    onClose();
    if (all.count > 0) toast(`Annotated ${counted(level, all.count)} as ${rubric?.name ?? name}.`, { undo: () => void undo(all) });
  }

  async function undo(all: BulkDone) {
    try {
      await takeBack(all);
      toast(`Took back ${counted(level, all.count)}.`);
    } catch (reason) {
      toast(`Could not take all of it back: ${reason instanceof Error ? reason.message : String(reason)}`, { failed: true, undo: () => void undo(all) });
    }
  }
}
