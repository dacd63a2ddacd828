import { type UseQueryResult, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { allProjectsQuery } from "../../api/project";
import { readAgain } from "../../api/queryClient";
import { assignRubric, deleteRubric, restoreRubric, type RubricFigures, rubricVersionsQuery, unassignRubric, updateRubric } from "../../api/rubric";
import type { NewRubric, Rubric } from "../../domain/rubric";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { navigate } from "../../router/location";
import { Button } from "../../ui/Button";
import { ErrorState } from "../../ui/ErrorState";
import { Icon } from "../../ui/Icon";
import { Page } from "../../ui/Page";
import { Skeleton } from "../../ui/Skeleton";
import { toast } from "../../ui/Toasts";
import { draftOf, rubricOf, saysTheSame } from "./draft";
import { ProjectChoice } from "./ProjectChoice";
import { RubricEditor } from "./RubricEditor";
import styles from "./RubricPage.module.css";
import { useLeaveWarning } from "./useLeaveWarning";
import { Versions } from "./Versions";

/** One rubric: its form, the projects that it is asked in, its versions. */
export function RubricPage({ name, rubrics, figures }: { name: string; rubrics: UseQueryResult<Rubric[]>; figures: UseQueryResult<Map<string, RubricFigures>> }) {
  const rubric = rubrics.data?.find((each) => each.name === name) ?? rubrics.data?.find((each) => each.id === name);
  if (rubrics.isPending) {
    return (
      <Page title={name}>
        <Skeleton rows={8} />
      </Page>
    );
  }
  if (rubrics.isLoadingError) {
    return (
      <Page title={name}>
        <ErrorState message={rubrics.error.message} onRetry={() => void rubrics.refetch()} />
      </Page>
    );
  }
  if (!rubric) {
    return (
      <Page title="There is no such rubric">
        <p>
          No rubric is called “{name}”; it may have been renamed or deleted. <Link to={paths.rubrics()}>All rubrics</Link>
        </p>
      </Page>
    );
  }
  return <Loaded key={rubric.id} rubric={rubric} figures={figures.data?.get(rubric.id)} />;
}

function Loaded({ rubric, figures }: { rubric: Rubric; figures: RubricFigures | undefined }) {
  const versions = useQuery(rubricVersionsQuery(rubric.id));
  const queries = useQueryClient();
  const inForce = draftOf(rubric);
  const [base, setBase] = useState(inForce);
  const [draft, setDraft] = useState(inForce);
  const changed = !saysTheSame(draft, base);
  const elsewhere = !saysTheSame(inForce, base);
  useLeaveWarning(changed);
  if (elsewhere && (!changed || saysTheSame(draft, inForce))) startFrom(inForce);

  const refresh = () => readAgain(queries, ["rubrics"]);
  const number = versions.data?.at(-1)?.number ?? figures?.version;
  const renamed = draft.name.trim() !== rubric.name && (figures?.annotation_count ?? 0) > 0;

  return (
    <Page title={rubric.name} note={summary(number, figures)}>
      {elsewhere && changed && (
        <p role="alert" className={styles.elsewhere}>
          Somebody saved another version of this rubric while you were changing it. Saving replaces theirs. <Button onClick={() => startFrom(inForce)}>Start again from theirs</Button>
        </p>
      )}
      <RubricEditor
        draft={draft}
        onDraft={setDraft}
        onSave={() => save(rubricOf(draft, rubric))}
        canSave={changed}
        saveLabel={number === undefined ? "Save" : `Save as version ${number + 1}`}
        saveNote={changed ? "Answers given so far keep the version under which they were given." : "Nothing is changed yet. Each change makes a new version."}
        nameNote={renamed ? `The ${figures?.annotation_count.toLocaleString()} annotations so far keep the name “${rubric.name}”: this rubric will not speak for them any more.` : undefined}
        actions={changed && <Button onClick={() => setDraft(base)}>Discard the changes</Button>}
      />
      <section className={styles.section}>
        <Assignment rubric={rubric} figures={figures} onDone={refresh} />
      </section>
      <Versions
        versions={versions}
        onRestore={(version) => {
          setDraft(draftOf(version.config));
          window.scrollTo({ top: 0 });
          toast(`The form says what version ${version.number} said. Save it to put it in force.`);
        }}
      />
      <section className={styles.section} aria-labelledby="delete">
        <h2 id="delete" className={styles.heading}>
          Delete
        </h2>
        <p className={styles.note}>Reviewers are not asked it any more. What was answered under its name stays, and so do its versions.</p>
        <Button look="danger" onClick={() => void remove()}>
          <Icon name="trash" /> Delete this rubric
        </Button>
      </section>
    </Page>
  );

  function startFrom(other: typeof draft) {
    setBase(other);
    setDraft(other);
  }

  async function save(changes: NewRubric) {
    const saved = await updateRubric(rubric.id, changes);
    startFrom(draftOf(saved));
    await refresh();
    toast(number === undefined ? "Saved." : `Saved as version ${number + 1}.`);
    if (saved.name !== rubric.name) navigate(paths.rubrics(saved.name), { replace: true });
  }

  async function remove() {
    const projects = figures?.projects.filter(({ assigned }) => assigned).map(({ id }) => id) ?? [];
    try {
      await deleteRubric(rubric.id);
    } catch (refusal) {
      toast(`${rubric.name} was not deleted. ${messageOf(refusal)}`, { failed: true });
      return;
    }
    navigate(paths.rubrics());
    await refresh();
    toast(`Deleted ${rubric.name}.`, {
      undo: () =>
        void restoreRubric(rubric.id, projects)
          .then(() => toast(`${rubric.name} is back.`))
          .catch((refusal: unknown) => toast(`${rubric.name} could not be brought back. ${messageOf(refusal)}`, { failed: true }))
          .finally(() => void refresh()),
    });
  }
}

/** Checkboxes that act at once: an assignment is no part of a version. */
function Assignment({ rubric, figures, onDone }: { rubric: Rubric; figures: RubricFigures | undefined; onDone: () => Promise<void> }) {
  const projects = useQuery(allProjectsQuery());
  const [turned, setTurned] = useState<ReadonlyMap<string, boolean>>(new Map());
  const assign = useMutation({
    mutationFn: ({ id, on }: { id: string; on: boolean }) => (on ? assignRubric(id, rubric.id) : unassignRubric(id, rubric.id)),
    onMutate: ({ id, on }) => setTurned((before) => new Map(before).set(id, on)),
    onSuccess: (_, { id, on }) => {
      const project = projects.data?.find((each) => each.id === id)?.name ?? "the project";
      toast(on ? `${project} is asked ${rubric.name} from now on.` : `${project} is not asked ${rubric.name} any more.`);
    },
    onError: (error) => toast(error.message, { failed: true }),
    onSettled: async (_data, _error, { id }) => {
      await onDone();
      setTurned((before) => new Map([...before].filter(([other]) => other !== id)));
    },
  });
  const chosen = new Set(figures?.projects.filter(({ assigned }) => assigned).map(({ id }) => id));
  for (const [id, on] of turned) if (on) chosen.add(id);
    else chosen.delete(id);
  const counts = new Map(figures?.projects.map(({ id, annotation_count }) => [id, annotation_count]));
  return <ProjectChoice projects={projects.data} chosen={chosen} given={{ name: rubric.name, counts }} onToggle={(id, on) => assign.mutate({ id, on })} />;
}

function summary(number: number | undefined, figures: RubricFigures | undefined): string | null {
  if (number === undefined || !figures) return null;
  const count = figures.annotation_count;
  return `Version ${number} is in force. ${count === 0 ? "Nothing was annotated under this name yet." : `${count.toLocaleString()} ${count === 1 ? "annotation has" : "annotations have"} this name.`}`;
}

function messageOf(refusal: unknown): string {
  return refusal instanceof Error ? refusal.message : String(refusal);
}
