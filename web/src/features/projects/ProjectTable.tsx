import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useOnTopic, useOnTopics } from "../../api/live";
import type { Project, ProjectFigures } from "../../api/project";
import { rubricFiguresQuery, rubricsQuery } from "../../api/rubric";
import type { Rubric } from "../../domain/rubric";
import { addressOf, paths } from "../../paths";
import { Link } from "../../router/Link";
import { Button, buttonLook } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Popover } from "../../ui/Popover";
import { Timestamp } from "../../ui/Timestamp";
import { ChooseRubric } from "./ChooseRubric";
import { DeleteProject } from "./DeleteProject";
import { EditProject } from "./EditProject";
import styles from "./ProjectTable.module.css";

type Asked = { act: "edit" | "delete" | "rubric"; project: Project };

/** Projects, and how much is in each. Figures arrive after the names, and follow what is sent. */
export function ProjectTable({
  projects,
  figures,
  failed,
  stale,
  onChange,
}: {
  projects: readonly Project[];
  figures: ReadonlyMap<string, ProjectFigures> | undefined;
  /** Why there are no figures. */
  failed: string | null;
  stale: boolean;
  /** Something was sent to one of them, or annotated. */
  onChange: () => void;
}) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const rubrics = useRubricsByProject();
  useOnTopics(
    projects.flatMap(({ id }) => [`spans:${id}`, `annotations:${id}`]),
    onChange,
  );
  const close = () => setAsked(null);
  return (
    <>
      {failed && (
        <p role="alert" className={styles.failed}>
          How much is in them is not known. {failed} <Button onClick={onChange}>Try again</Button>
        </p>
      )}
      <table className={`${styles.table} ${stale ? styles.stale : ""}`} aria-busy={stale}>
        <caption className="spoken">Projects</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className={styles.number}>
              Traces
            </th>
            <th scope="col" className={styles.number}>
              Spans
            </th>
            <th scope="col" className={styles.number}>
              Annotations
            </th>
            <th scope="col" className={styles.number}>
              Errors, 24 h
            </th>
            <th scope="col">Last activity</th>
            <th scope="col">Rubrics</th>
            <th scope="col">
              <span className="spoken">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {projects.map((project) => (
            <Row key={project.id} project={project} figures={figures?.get(project.id)} rubrics={rubrics?.get(project.id) ?? (rubrics ? [] : undefined)} onAsk={(act) => setAsked({ act, project })} />
          ))}
        </tbody>
      </table>
      {asked?.act === "edit" && <EditProject project={asked.project} onClose={close} />}
      {asked?.act === "delete" && <DeleteProject project={asked.project} figures={figures?.get(asked.project.id)} onClose={close} />}
      {asked?.act === "rubric" && <ChooseRubric project={asked.project} onClose={close} />}
    </>
  );
}

function Row({
  project,
  figures,
  rubrics,
  onAsk,
}: {
  project: Project;
  figures: ProjectFigures | undefined;
  rubrics: readonly Rubric[] | undefined;
  onAsk: (act: Asked["act"]) => void;
}) {
  const address = addressOf(project);
  return (
    <tr>
      <th scope="row">
        <Link to={paths.overview(address)} className={styles.name} dir="auto">
          {project.name}
        </Link>
        {project.description && (
          <p className={styles.description} dir="auto">
            {project.description}
          </p>
        )}
      </th>
      <Count head="Traces" value={figures?.trace_count} />
      <Count head="Spans" value={figures?.span_count} />
      <Count head="Annotations" value={figures?.annotation_count} />
      <td data-head="Errors, 24 h" className={styles.number}>
        {figures && figures.error_count > 0 ? (
          <span>
            <span className={styles.bad} aria-hidden="true">
              ✕
            </span>{" "}
            {figures.error_count.toLocaleString()}
          </span>
        ) : (
          figures && "0"
        )}
      </td>
      <td data-head="Last activity" className={`${styles.time} ${styles.whole}`}>
        {figures && (figures.last_start_time ? <Timestamp iso={figures.last_start_time} /> : <Link to={paths.explore(address)}>waiting for the first span</Link>)}
      </td>
      <td data-head="Rubrics" className={styles.whole}>
        <Rubrics rubrics={rubrics} onChoose={() => onAsk("rubric")} />
      </td>
      <td className={styles.actions}>
        {figures && figures.span_count > 0 && (
          <Link to={paths.review(address)} className={buttonLook()}>
            Review
          </Link>
        )}
        <Popover look="quiet" label={<Icon name="more" />} name={`More about ${project.name}`}>
          {(close) => {
            const ask = (act: Asked["act"]) => () => {
              close();
              onAsk(act);
            };
            return (
              <ul className={styles.menu}>
                <li>
                  <Link to={paths.explore(address)}>Explore</Link>
                </li>
                <li>
                  <Link to={paths.annotations(address)}>Annotations</Link>
                </li>
                <li>
                  <Button look="quiet" onClick={ask("edit")}>
                    Rename or describe
                  </Button>
                </li>
                {project.name !== "default" && (
                  <li>
                    <Button look="quiet" onClick={ask("delete")}>
                      Delete…
                    </Button>
                  </li>
                )}
              </ul>
            );
          }}
        </Popover>
      </td>
    </tr>
  );
}

function Count({ head, value }: { head: string; value: number | undefined }) {
  return (
    <td data-head={head} className={styles.number}>
      {value?.toLocaleString()}
    </td>
  );
}

const FEW = 4;

function Rubrics({ rubrics, onChoose }: { rubrics: readonly Rubric[] | undefined; onChoose: () => void }) {
  if (!rubrics) return null;
  if (rubrics.length === 0) return <Button onClick={onChoose}>Choose a rubric</Button>;
  return (
    <span className={styles.rubrics}>
      {rubrics.slice(0, FEW).map(({ id, name }) => (
        <Link key={id} to={paths.rubrics(name)} dir="auto">
          {name}
        </Link>
      ))}
      {rubrics.length > FEW && <span className={styles.description}>and {rubrics.length - FEW} more</span>}
    </span>
  );
}

/** The rubrics that each project's reviewers are asked; undefined until known. */
function useRubricsByProject(): ReadonlyMap<string, Rubric[]> | undefined {
  const rubrics = useQuery(rubricsQuery());
  const figures = useQuery(rubricFiguresQuery());
  useOnTopic("rubrics", () => {
    void rubrics.refetch();
    void figures.refetch();
  });
  if (!rubrics.data || !figures.data) return undefined;
  const byProject = new Map<string, Rubric[]>();
  for (const rubric of rubrics.data.toReversed()) {
    for (const project of figures.data.get(rubric.id)?.projects ?? []) {
      if (project.assigned) byProject.set(project.id, [...(byProject.get(project.id) ?? []), rubric]);
    }
  }
  return byProject;
}
