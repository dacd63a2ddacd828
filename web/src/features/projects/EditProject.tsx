import { useQueryClient } from "@tanstack/react-query";

import { type Project, updateProject } from "../../api/project";
import { readAgain } from "../../api/queryClient";
import { toast } from "../../ui/Toasts";
import { ProjectForm } from "./ProjectForm";

/** Another name or description for a project. The default project keeps its name. */
export function EditProject({ project, onClose }: { project: Project; onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <ProjectForm
      title={`Rename or describe ${project.name}`}
      initial={project}
      nameHint={(name) =>
        name.trim() === project.name ? undefined : `Spans that are still sent to “${project.name}” will make a new project of that name: change what your application sends, too.`
      }
      fixedName={project.name === "default" ? "The default project keeps its name: spans that name no project belong to it." : null}
      submitLabel="Save"
      onClose={onClose}
      onSubmit={async (name, description) => {
        await updateProject(project.id, name, description);
        await Promise.all([["projects"], ["project"], ["rubrics"]].map((queryKey) => readAgain(queries, queryKey)));
        onClose();
        toast(`Saved ${name}.`);
      }}
    />
  );
}
