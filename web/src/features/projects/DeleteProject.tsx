import { useMutation, useQueryClient } from "@tanstack/react-query";

import { deleteProject, type Project, type ProjectFigures } from "../../api/project";
import { readAgain } from "../../api/queryClient";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { toast } from "../../ui/Toasts";

/** Asks before a project goes, and says how much goes with it: this cannot be undone. */
export function DeleteProject({ project, figures, onClose }: { project: Project; figures: ProjectFigures | undefined; onClose: () => void }) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteProject(project.id),
    onSuccess: async () => {
      await Promise.all([["projects"], ["project figures"], ["rubrics"]].map((queryKey) => readAgain(queries, queryKey)));
      onClose();
      toast(`Deleted ${project.name}.`);
    },
  });
  return (
    <Dialog
      title={`Delete ${project.name}?`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
            Delete the project
          </Button>
        </>
      }
    >
      <p>{figures ? `${extentOf(figures)} This cannot be undone.` : "All that is in it goes with it. This cannot be undone."}</p>
      {remove.isError && (
        <p role="alert">
          <span aria-hidden="true">✕</span> {remove.error.message}
        </p>
      )}
    </Dialog>
  );
}

function extentOf({ trace_count, span_count, annotation_count }: ProjectFigures): string {
  if (span_count === 0 && annotation_count === 0) return "It is empty.";
  return `${counted(trace_count, "trace")}, ${counted(span_count, "span")} and ${counted(annotation_count, "annotation")} go with it.`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString()} ${noun}${count === 1 ? "" : "s"}`;
}
