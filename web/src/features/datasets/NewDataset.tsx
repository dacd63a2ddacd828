import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";

import { createDataset } from "../../api/dataset";
import { readAgain } from "../../api/queryClient";
import { paths } from "../../paths";
import { navigate } from "../../router/location";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { controlLook, Field } from "../../ui/Field";
import styles from "./DatasetsPage.module.css";

/** Makes a dataset without examples, and goes there. */
export function NewDataset({ onClose }: { onClose: () => void }) {
  const form = useId();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const make = useMutation({
    mutationFn: async () => {
      if (name.trim() === "") throw new Error("A name is needed.");
      return createDataset(name.trim(), description.trim() || null);
    },
    onSuccess: async ({ id }) => {
      await readAgain(queries, ["datasets"]);
      onClose();
      navigate(paths.datasets(id));
    },
  });
  return (
    <Dialog
      title="New dataset"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={form} disabled={make.isPending}>
            Make the dataset
          </Button>
        </>
      }
    >
      <form
        id={form}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Field label="Name" hint="Code finds it by this name." error={make.error?.message}>
          {(control) => <input {...control} className={controlLook} value={name} dir="auto" onChange={({ target }) => setName(target.value)} />}
        </Field>
        <Field label="Description" hint="Optional.">
          {(control) => <textarea {...control} className={controlLook} rows={2} value={description} dir="auto" onChange={({ target }) => setDescription(target.value)} />}
        </Field>
      </form>
    </Dialog>
  );
}
