import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";

import { addItems, datasetsQuery, type ExamplesFromItems, examplesPreviewQuery, type ExpectedOutput, type Into, lastUsedDataset } from "../../api/dataset";
import { ApiFailure } from "../../api/failure";
import { useOnTopic } from "../../api/live";
import { readAgain } from "../../api/queryClient";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { Button, buttonLook } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { ErrorState } from "../../ui/ErrorState";
import { controlLook, Field } from "../../ui/Field";
import { Skeleton } from "../../ui/Skeleton";
import { DatasetChoice, NEW } from "./DatasetChoice";
import styles from "./DatasetSheet.module.css";
import { ExamplePreview } from "./ExamplePreview";
import { keepMapping, keptMapping } from "./keptMapping";
import { BY_KIND, draftOf, type MappingDraft, mappingOf, problemsOf } from "./mapping";
import { MappingFields } from "./MappingFields";
import { SendOutcome } from "./SendOutcome";
import { useSettled } from "./useSettled";

type Items = Pick<ExamplesFromItems, "project" | "target_kind" | "ids" | "filter" | "start_time" | "end_time">;

const PREVIEWED = 3;
const NONE: readonly string[] = [];

const EXPECTED = [
  ["correction_or_output", "The corrected answer, else the output"],
  ["correction", "The corrected answer; without one, no example"],
  ["output", "The output as it was"],
  ["none", "Nothing"],
] as const satisfies readonly (readonly [ExpectedOutput, string])[];

const MAKES = {
  span: "One span makes one example, however often it is sent:",
  trace: "A trace is taken by its root span, which makes one example, however often it is sent:",
  session: "Each turn of a session makes one example, by the root span of its trace, however often it is sent:",
} as const;

/** Makes examples of a dataset from what is selected, or from all that match. `amount` is how much that is, in words. */
export function DatasetSheet({ items, amount, onClose }: { items: Items; amount: string; onClose: () => void }) {
  const datasets = useQuery(datasetsQuery());
  const [choice, setChoice] = useState(lastUsedDataset() ?? "");
  const [name, setName] = useState("");
  const [expected, setExpected] = useState<ExpectedOutput>("correction_or_output");
  const [annotations, setAnnotations] = useState(true);
  const [split, setSplit] = useState("");
  const [unfolded, setUnfolded] = useState(false);
  const [refused, setRefused] = useState(false);
  const body = useRef<HTMLDivElement>(null);

  const isNew = choice === NEW || datasets.data?.length === 0;
  const dataset = isNew ? undefined : datasets.data?.find(({ id }) => id === choice);
  const into = intoOf(dataset?.id, isNew ? name.trim() : "");
  const { draft, setDraft, fields, problems, isWrong } = useFields(dataset?.id ?? null, annotations);
  const wanted: ExamplesFromItems = { ...items, mapping: { ...fields, expected_output: expected, annotations }, splits: split.trim() === "" ? [] : [split.trim()], roots_only: false, dry_run: false, preview: PREVIEWED };

  const shownFields = useSettled(isWrong ? null : fields, fields);
  const shownName = useSettled(name.trim(), "");
  const previewedInto = intoOf(dataset?.id, isNew ? shownName : "");
  const add = useAdding(wanted);
  // While they are added nobody asks: a new dataset would be told to be there already, and it is the one that is made.
  const asked = add.isPending || add.data ? null : previewedInto;
  const preview = useQuery(examplesPreviewQuery(asked, { ...wanted, mapping: { ...wanted.mapping, ...shownFields }, splits: [] }));

  const taken = isNew ? [preview.error, add.failedName === name.trim() ? add.error : null].find((error) => error instanceof ApiFailure && error.status === 409) : undefined;
  const nameError = name.trim() === "" ? (refused ? "A name is needed." : null) : (taken?.message ?? null);
  const result = add.data;
  const filled = result && datasets.data?.find(({ id }) => id === result.dataset_id);

  function begin() {
    flushSync(() => {
      setRefused(true);
      if (isWrong) setUnfolded(true);
    });
    if (into === null || isWrong || taken) return body.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
    return add.mutate(into, { onSuccess: ({ dataset_id }) => keepMapping(dataset_id, fields) });
  }

  return (
    <Dialog
      title={`Send ${amount} to a dataset`}
      place="side"
      onClose={add.isPending ? add.stop : onClose}
      actions={
        filled ? (
          <>
            <Button key="close" ref={goOn} onClick={onClose}>
              Close
            </Button>
            <Link className={buttonLook("primary")} to={paths.datasets(filled.id)}>
              Open {filled.name}
            </Link>
          </>
        ) : (
          <>
            <Button onClick={add.isPending ? add.stop : onClose}>Cancel</Button>
            <Button look="primary" disabled={(dataset === undefined && !isNew) || add.isPending} onClick={begin}>
              Add {amount}
            </Button>
          </>
        )
      }
    >
      {result && filled ? (
        <SendOutcome result={result} dataset={filled} />
      ) : (
        <div ref={body} className={styles.sheet} inert={add.isPending}>
          {datasets.isPending && <Skeleton rows={3} />}
          {datasets.isLoadingError && <ErrorState message={datasets.error.message} onRetry={() => void datasets.refetch()} />}
          {datasets.data && <DatasetChoice datasets={datasets.data} choice={isNew ? NEW : choice} onChoice={setChoice} name={name} onName={setName} nameError={nameError} />}
          {(dataset !== undefined || isNew) && (
            <>
              <Field label="Expected output">
                {(control) => (
                  <select {...control} className={controlLook} value={expected} onChange={({ target }) => setExpected(target.value as ExpectedOutput)}>
                    {EXPECTED.map(([value, text]) => (
                      <option key={value} value={value}>
                        {text}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
              <label className={styles.check}>
                <input type="checkbox" checked={annotations} onChange={({ target }) => setAnnotations(target.checked)} /> Keep what was annotated, in the metadata
              </label>
              <Field label="Split" hint="Optional. A part of the dataset to put them into, such as test.">
                {(control) => <input {...control} className={controlLook} value={split} onChange={({ target }) => setSplit(target.value)} />}
              </Field>
              <MappingFields open={unfolded} onOpen={setUnfolded} draft={draft} onDraft={setDraft} problems={problems} project={items.project} occurring={preview.data?.result.attributes ?? NONE} />
              <p className={styles.note}>{MAKES[items.target_kind ?? "span"]} what is there already is brought up to date, and what is the same stays as it is.</p>
              {preview.isLoading && <Skeleton rows={4} />}
              {preview.isError && !taken && <ErrorState message={preview.error.message} onRetry={() => void preview.refetch()} />}
              {preview.data && preview.data.result.matched > preview.data.result.most_examples && (
                <p className={styles.limit}>
                  {preview.data.result.most_examples.toLocaleString("en-US")} examples are made at once at most. If these become more, none is added: narrow the filter or the time range, or send them in several steps.
                </p>
              )}
              {previewedInto === null && <p className={styles.note}>With a name, the first of them are shown as they will be.</p>}
              {previewedInto !== null && preview.data && !taken && <ExamplePreview {...preview.data} stale={preview.isPlaceholderData || isWrong || shownFields !== fields} />}
            </>
          )}
        </div>
      )}
      <div role="status" className={styles.progress}>
        {add.isPending && (
          <p>
            <progress aria-label="Adding" className={styles.bar} /> Adding {amount}: all of them, or none.
          </p>
        )}
        {add.stopped && <p>Stopped. Either all of them were added by then, or none: the preview shows which.</p>}
      </div>
      {add.error && !taken && (
        <p role="alert">
          <span className={styles.failed} aria-hidden="true">
            ✕
          </span>{" "}
          {inWords(add.error)}
        </p>
      )}
    </Dialog>
  );
}

/** The button that was pressed is gone, and the focus with it. */
function goOn(next: HTMLElement | null) {
  next?.focus();
}

function intoOf(id: string | undefined, name: string): Into | null {
  if (id !== undefined) return { id };
  return name === "" ? null : { name };
}

/** The mapping while it is written, which begins as the one that the dataset was filled with last. */
function useFields(dataset: string | null, annotations: boolean) {
  const [written, setDraft] = useState<MappingDraft | null>(null);
  const kept = useMemo(() => (dataset === null ? null : keptMapping(dataset)), [dataset]);
  const draft = useMemo(() => written ?? (kept === null ? BY_KIND : draftOf(kept)), [written, kept]);
  const fields = useMemo(() => mappingOf(draft), [draft]);
  const problems = problemsOf(draft, annotations);
  return { draft, setDraft, fields, problems, isWrong: Object.keys(problems).length > 0 };
}

/** Adding, and a way to stop it. Whoever changes datasets meanwhile, what the sheet says of them stays true. */
function useAdding(wanted: ExamplesFromItems) {
  const queries = useQueryClient();
  const [running, setRunning] = useState(new AbortController());
  useOnTopic("datasets", () => {
    void readAgain(queries, ["datasets"]);
    void readAgain(queries, ["examples preview"]);
  });
  const add = useMutation({
    mutationFn: (into: Into) => {
      const controller = new AbortController();
      setRunning(controller);
      return addItems(into, wanted, controller.signal);
    },
    onSettled: () => readAgain(queries, ["datasets"]),
  });
  const stopped = add.isError && running.signal.aborted;
  return { mutate: add.mutate, failedName: add.variables?.name, data: add.data, isPending: add.isPending, stopped, error: stopped ? null : add.error, stop: () => running.abort() };
}

/** Why nothing was added; without an answer, nobody knows whether it was. */
function inWords(error: Error): string {
  if (error instanceof ApiFailure && error.status === null) return `${error.message} Whether they were added is not known; adding them again doubles nothing.`;
  return `Nothing was added. ${error.message}`;
}
