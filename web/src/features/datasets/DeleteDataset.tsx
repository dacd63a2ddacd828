import { useMutation, useQueryClient } from "@tanstack/react-query";

import { type Dataset, datasetsQuery, deleteDataset } from "../../api/dataset";
import { readAgain } from "../../api/queryClient";
import { paths } from "../../paths";
import { navigate } from "../../router/location";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { counted } from "../../ui/number";
import { toast } from "../../ui/Toasts";

/** Asks before a dataset goes, and says how much goes with it: this cannot be undone. */
export function DeleteDataset({ dataset, onClose }: { dataset: Dataset; onClose: () => void }) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteDataset(dataset.id),
    onSuccess: async () => {
      onClose();
      queries.setQueryData(datasetsQuery().queryKey, (known) => known?.filter(({ id }) => id !== dataset.id));
      navigate(paths.datasets(), { replace: true });
      queries.removeQueries({ queryKey: ["datasets", dataset.id] });
      await readAgain(queries, ["datasets"]);
      toast(`Deleted ${dataset.name}.`);
    },
  });
  return (
    <Dialog
      title={`Delete ${dataset.name}?`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
            Delete the dataset
          </Button>
        </>
      }
    >
      <p>
        {counted(dataset.example_count, "example")} and {counted(dataset.version_count, "version")} go with it. The spans that they came from stay. This cannot be undone.
      </p>
      {remove.isError && (
        <p role="alert">
          <span aria-hidden="true">✕</span> {remove.error.message}
        </p>
      )}
    </Dialog>
  );
}
