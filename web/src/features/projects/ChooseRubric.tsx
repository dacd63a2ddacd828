import { useQuery } from "@tanstack/react-query";

import type { Project } from "../../api/project";
import { rubricsQuery, useFirstRubric } from "../../api/rubric";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { Dialog } from "../../ui/Dialog";
import { NoRubric } from "../../ui/NoRubric";
import { toast } from "../../ui/Toasts";

/** A project's first rubric, with one click. */
export function ChooseRubric({ project, onClose }: { project: Project; onClose: () => void }) {
  const rubrics = useQuery(rubricsQuery());
  const first = useFirstRubric(project.id);
  const choose = (chosen: Parameters<typeof first.mutate>[0]) =>
    first.mutate(chosen, {
      onSuccess: (rubric) => {
        onClose();
        toast(`Those who review ${project.name} are asked ${rubric.name} from now on.`);
      },
    });
  return (
    <Dialog title={`A rubric for ${project.name}`} onClose={onClose} place="side">
      {first.isError && (
        <p role="alert">
          <span aria-hidden="true">✕</span> {first.error.message}
        </p>
      )}
      <NoRubric existing={rubrics.data ?? []} busy={first.isPending} onPreset={choose} onExisting={choose}>
        <Link to={`${paths.rubrics()}?${new URLSearchParams({ new: "", project: project.id })}`}>Make a rubric of your own</Link>
      </NoRubric>
    </Dialog>
  );
}
