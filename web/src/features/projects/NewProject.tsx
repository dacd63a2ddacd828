import { useQueryClient } from "@tanstack/react-query";

import { createProject } from "../../api/project";
import { readAgain } from "../../api/queryClient";
import { addressOf, paths } from "../../paths";
import { navigate } from "../../router/location";
import { ProjectForm } from "./ProjectForm";

/** A project before its first span; then on to how to send it. */
export function NewProject({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <ProjectForm
      title="New project"
      initial={{ name: "", description: null }}
      nameHint={() => "Applications send spans to it by this name. A span that names a project makes it, too."}
      fixedName={null}
      submitLabel="Make the project"
      onClose={onClose}
      onSubmit={async (name, description) => {
        const project = await createProject(name, description);
        await readAgain(queries, ["projects"]);
        onClose();
        navigate(paths.explore(addressOf(project)));
      }}
    />
  );
}
