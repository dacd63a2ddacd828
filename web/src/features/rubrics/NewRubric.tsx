import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { allProjectsQuery } from "../../api/project";
import { readAgain } from "../../api/queryClient";
import { assignRubric, createRubric } from "../../api/rubric";
import { PRESETS } from "../../domain/preset";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { navigate, useSearchParams } from "../../router/location";
import { Button, buttonLook } from "../../ui/Button";
import { Page } from "../../ui/Page";
import { toast } from "../../ui/Toasts";
import { draftOf, emptyDraft, rubricOf } from "./draft";
import { ProjectChoice } from "./ProjectChoice";
import { RubricEditor } from "./RubricEditor";
import styles from "./RubricPage.module.css";
import { useLeaveWarning } from "./useLeaveWarning";

/** A rubric that is being made: empty, or from one of the presets; with the projects that it is for. */
export function NewRubric() {
  const [search] = useSearchParams();
  const [draft, setDraft] = useState(emptyDraft);
  const [project] = useState(search.get("project"));
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null);
  const projects = useQuery(allProjectsQuery());
  const queries = useQueryClient();
  useLeaveWarning(draft.name !== "" || draft.description !== "");

  const assigned = chosen ?? new Set(projects.data?.filter(({ id, name }) => id === project || name === project).map(({ id }) => id));
  const toggle = (id: string, on: boolean) => setChosen(new Set(on ? [...assigned, id] : [...assigned].filter((other) => other !== id)));

  async function save() {
    const rubric = await createRubric(rubricOf(draft));
    await Promise.all([...assigned].map((id) => assignRubric(id, rubric.id)));
    await readAgain(queries, ["rubrics"]);
    toast(`Made ${rubric.name}.`);
    navigate(paths.rubrics(rubric.name));
  }

  return (
    <Page title="New rubric">
      <div className={styles.presets} role="group" aria-labelledby="presets">
        <h2 id="presets" className={styles.presetsTitle}>
          Start from
        </h2>
        {PRESETS.map(({ title, rubric }) => (
          <Button key={title} onClick={() => setDraft(draftOf(rubric))}>
            {title}
          </Button>
        ))}
        <Button onClick={() => setDraft(emptyDraft())}>Nothing</Button>
      </div>
      <RubricEditor
        draft={draft}
        onDraft={setDraft}
        onSave={save}
        saveLabel="Make the rubric"
        actions={
          <Link to={paths.rubrics()} className={buttonLook()}>
            Cancel
          </Link>
        }
      >
        <ProjectChoice projects={projects.data} chosen={assigned} onToggle={toggle} />
      </RubricEditor>
    </Page>
  );
}
