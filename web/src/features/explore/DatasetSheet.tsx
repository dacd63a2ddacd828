import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";

import { addItems, createDataset, type Dataset, datasetsQuery, type ExamplesFromItems, examplesPreviewQuery, type ExamplesResult, type ExpectedOutput, lastUsedDataset } from "../../api/dataset";
import { readAgain } from "../../api/queryClient";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { Button, buttonLook } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { ErrorState } from "../../ui/ErrorState";
import { controlLook, Field } from "../../ui/Field";
import { counted } from "../../ui/number";
import { Skeleton } from "../../ui/Skeleton";
import styles from "./DatasetSheet.module.css";
import { ExamplePreview } from "./ExamplePreview";
import { keepMapping, keptMapping } from "./keptMapping";
import { BY_KIND, draftOf, type MappingDraft, mappingOf, problemsOf } from "./mapping";
import { MappingFields } from "./MappingFields";
import { useSettled } from "./useSettled";

type Items = Pick<ExamplesFromItems, "project" | "target_kind" | "ids" | "filter" | "start_time" | "end_time">;

const PREVIEWED = 3;
const NOTHING: readonly string[] = [];

const EXPECTED = [
  ["correction_or_output", "The corrected answer, else the output"],
  ["correction", "The corrected answer; without one, no example"],
  ["output", "The output as it was"],
  ["none", "Nothing"],
] as const satisfies readonly (readonly [ExpectedOutput, string])[];

/** Makes examples of a dataset from what is selected, or from all that match. `amount` is how much that is, in words. */
export function DatasetSheet({ items, amount, onClose }: { items: Items; amount: string; onClose: () => void }) {
  const queries = useQueryClient();
  const datasets = useQuery(datasetsQuery());
  const [chosen, setChosen] = useState(lastUsedDataset);
  const [expected, setExpected] = useState<ExpectedOutput>("correction_or_output");
  const [annotations, setAnnotations] = useState(true);
  const [split, setSplit] = useState("");
  const [mapping, setMapping] = useState(false);
  const [written, setWritten] = useState<MappingDraft | null>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const dataset = datasets.data?.find(({ id }) => id === chosen) ?? null;
  const kept = useMemo(() => (dataset === null ? null : keptMapping(dataset.id)), [dataset]);
  const draft = useMemo(() => written ?? (kept === null ? BY_KIND : draftOf(kept)), [written, kept]);
  const problems = problemsOf(draft, annotations);
  const isWrong = Object.keys(problems).length > 0;
  const fields = useMemo(() => mappingOf(draft), [draft]);
  const wanted: ExamplesFromItems = { ...items, mapping: { ...fields, expected_output: expected, annotations }, splits: split.trim() === "" ? [] : [split.trim()], roots_only: false, dry_run: false, preview: PREVIEWED };
  const shownFields = useSettled(isWrong ? null : fields, fields);
  const preview = useQuery(examplesPreviewQuery(dataset?.id ?? null, { ...wanted, mapping: { ...wanted.mapping, ...shownFields }, splits: [] }));
  const add = useMutation({
    mutationFn: ({ id }: Dataset) => addItems(id, wanted),
    onSuccess: async (_, { id }) => {
      keepMapping(id, fields);
      await readAgain(queries, ["datasets"]);
    },
  });
  const begin = () => {
    if (!isWrong) return dataset && add.mutate(dataset);
    flushSync(() => setMapping(true));
    return sheet.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  };
  const made = async (name: string) => {
    const { id } = await createDataset(name);
    await readAgain(queries, ["datasets"]);
    setChosen(id);
  };

  return (
    <Dialog
      title={`Send ${amount} to a dataset`}
      place="side"
      onClose={onClose}
      actions={
        add.isSuccess && dataset ? (
          <>
            <Button onClick={onClose}>Close</Button>
            <Link className={buttonLook("primary")} to={paths.datasets(dataset.id)}>
              Open {dataset.name}
            </Link>
          </>
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" disabled={dataset === null || add.isPending} onClick={begin}>
              Add {amount}
            </Button>
          </>
        )
      }
    >
      {add.isSuccess && dataset ? (
        <Outcome result={add.data} dataset={dataset} />
      ) : (
        <div ref={sheet} className={styles.sheet} inert={add.isPending}>
          {datasets.isPending && <Skeleton rows={3} />}
          {datasets.isError && <ErrorState message={datasets.error.message} onRetry={() => void datasets.refetch()} />}
          {datasets.data && <DatasetChoice datasets={datasets.data} chosen={dataset} onChoose={setChosen} onMake={made} />}
          {dataset && (
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
              <MappingFields open={mapping} onOpen={setMapping} draft={draft} onDraft={setWritten} problems={problems} project={items.project} occurring={preview.data?.result.attributes ?? NOTHING} />
              <p className={styles.note}>One span makes one example, however often it is sent: what is there already is brought up to date, and what is the same stays as it is.</p>
              {preview.isPending && <Skeleton rows={4} />}
              {preview.isError && <ErrorState message={preview.error.message} onRetry={() => void preview.refetch()} />}
              {preview.data && <ExamplePreview {...preview.data} stale={preview.isPlaceholderData || isWrong || shownFields !== fields} />}
            </>
          )}
        </div>
      )}
      <div role="status" className={styles.progress}>
        {add.isPending && (
          <p>
            <progress aria-label="Adding" className={styles.bar} /> Adding {amount}…
          </p>
        )}
      </div>
      {add.isError && (
        <p role="alert">
          <span className={styles.failed} aria-hidden="true">
            ✕
          </span>{" "}
          Nothing was added. {add.error.message}
        </p>
      )}
    </Dialog>
  );
}

const NEW = "new";

function DatasetChoice({ datasets, chosen, onChoose, onMake }: { datasets: readonly Dataset[]; chosen: Dataset | null; onChoose: (id: string | null) => void; onMake: (name: string) => Promise<void> }) {
  const [making, setMaking] = useState(datasets.length === 0);
  const [name, setName] = useState("");
  const [error, setError] = useState<string | null>(null);
  const make = async (event: SubmitEvent) => {
    event.preventDefault();
    if (name.trim() === "") return setError("A name is needed.");
    try {
      await onMake(name.trim());
      setMaking(false);
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : String(reason));
    }
  };
  return (
    <>
      {datasets.length > 0 && (
        <Field label="Dataset">
          {(control) => (
            <select
              {...control}
              className={controlLook}
              value={making ? NEW : (chosen?.id ?? "")}
              onChange={({ target }) => {
                setMaking(target.value === NEW);
                onChoose(target.value === NEW ? null : target.value || null);
              }}
            >
              <option value="">Choose…</option>
              <option value={NEW}>A new one…</option>
              {datasets.map(({ id, name: called, example_count }) => (
                <option key={id} value={id}>
                  {called} ({counted(example_count, "example")})
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      {making && (
        <form className={styles.making} onSubmit={(event) => void make(event)}>
          <Field label="Name of the new dataset" error={error}>
            {(control) => <input {...control} className={controlLook} value={name} onChange={({ target }) => setName(target.value)} />}
          </Field>
          <Button type="submit">Make it</Button>
        </form>
      )}
    </>
  );
}

function Outcome({ result: { added, changed, unchanged, corrected, left_out }, dataset }: { result: ExamplesResult; dataset: Dataset }) {
  const rows = [
    [added, "added"],
    [changed, "brought up to date"],
    [unchanged, "there already, and the same"],
  ] as const;
  return (
    <div role="status" className={styles.sheet}>
      <p>
        <strong dir="auto">{dataset.name}</strong> has {counted(dataset.example_count, "example")} now.
      </p>
      <ul className={styles.list}>
        {rows.map(([count, what]) => (count > 0 || what === "added") && <li key={what}>{`${counted(count, "example")} ${what}`}</li>)}
        {corrected > 0 && <li>{counted(corrected, "expected output is a corrected answer", "expected outputs are corrected answers")}</li>}
        {left_out.map(({ reason, count }) => (
          <li key={reason}>
            {count.toLocaleString()} left out: {reason}
          </li>
        ))}
      </ul>
    </div>
  );
}
