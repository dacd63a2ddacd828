import type { Dataset } from "../../api/dataset";
import { controlLook, Field } from "../../ui/Field";
import { counted } from "../../ui/number";

/** The choice of a dataset that is not there yet. */
export const NEW = "new";

/** Which dataset, or the name of a new one. */
export function DatasetChoice({
  datasets,
  choice,
  onChoice,
  name,
  onName,
  nameError,
}: {
  datasets: readonly Dataset[];
  /** An id, `NEW`, or empty. */
  choice: string;
  onChoice: (choice: string) => void;
  name: string;
  onName: (name: string) => void;
  nameError: string | null;
}) {
  return (
    <>
      {datasets.length > 0 && (
        <Field label="Dataset">
          {(control) => (
            <select {...control} ref={begin} className={controlLook} value={choice} onChange={({ target }) => onChoice(target.value)}>
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
      {choice === NEW && (
        <Field label="Name of the new dataset" hint="It is made when they are added." error={nameError}>
          {(control) => <input {...control} ref={datasets.length === 0 ? begin : undefined} className={controlLook} value={name} dir="auto" autoComplete="off" onChange={({ target }) => onName(target.value)} />}
        </Field>
      )}
    </>
  );
}

/** What is asked first has the focus as soon as it is there: the datasets come after the sheet. */
function begin(first: HTMLElement | null) {
  first?.focus();
}
