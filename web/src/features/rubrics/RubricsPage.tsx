import { useQuery } from "@tanstack/react-query";

import { useOnTopic } from "../../api/live";
import { rubricFiguresQuery, type RubricFigures, rubricsQuery } from "../../api/rubric";
import { rangeOf } from "../../domain/answer";
import { type Rubric, standingOf } from "../../domain/rubric";
import { addressOf, paths } from "../../paths";
import { Link } from "../../router/Link";
import { useSearchParams } from "../../router/location";
import { useParams } from "../../router/params";
import { buttonLook } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorState } from "../../ui/ErrorState";
import { Icon } from "../../ui/Icon";
import { LabelChip } from "../../ui/LabelChip";
import { Page } from "../../ui/Page";
import { Skeleton } from "../../ui/Skeleton";
import { NewRubric } from "./NewRubric";
import { RubricPage } from "./RubricPage";
import styles from "./RubricsPage.module.css";

/** `/rubrics`: all of them; `/rubrics?new`: one that is being made; `/rubrics/:name`: one of them. */
export function RubricsPage() {
  const { name } = useParams();
  const isNew = useSearchParams()[0].has("new");
  const rubrics = useQuery(rubricsQuery());
  const figures = useQuery(rubricFiguresQuery());
  useOnTopic("rubrics", () => {
    void rubrics.refetch();
    void figures.refetch();
  });
  if (name !== undefined) return <RubricPage name={name} rubrics={rubrics} figures={figures} />;
  if (isNew) return <NewRubric />;
  return (
    <Page title="Rubrics" note="A rubric is a question that reviewers answer, and what they can answer. Judges and code write their scores under its name.">
      {content()}
    </Page>
  );

  function content() {
    if (rubrics.isPending) return <Skeleton rows={6} />;
    if (rubrics.isLoadingError) return <ErrorState message={rubrics.error.message} onRetry={() => void rubrics.refetch()} />;
    return (
      <>
        <p className={styles.toolbar}>
          <Link to={`${paths.rubrics()}?new`} className={buttonLook("primary")}>
            <Icon name="plus" /> New rubric
          </Link>
        </p>
        {rubrics.data.length === 0 ? (
          <EmptyState title="There is no rubric yet">
            <p>Make one and assign it to a project: those who review the project are asked it.</p>
          </EmptyState>
        ) : (
          <RubricTable rubrics={rubrics.data} figures={figures.data} />
        )}
      </>
    );
  }
}

function RubricTable({ rubrics, figures }: { rubrics: Rubric[]; figures: Map<string, RubricFigures> | undefined }) {
  return (
    <table className={styles.table}>
      <caption className="spoken">Rubrics</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Answers</th>
          <th scope="col">Asked in</th>
          <th scope="col" className={styles.number}>
            Annotations
          </th>
          <th scope="col" className={styles.number}>
            Version
          </th>
        </tr>
      </thead>
      <tbody>
        {rubrics.map((rubric) => {
          const known = figures?.get(rubric.id);
          return (
            <tr key={rubric.id}>
              <th scope="row">
                <Link to={paths.rubrics(rubric.name)} className={styles.name} dir="auto">
                  {rubric.name}
                </Link>
                {rubric.description && (
                  <p className={styles.question} dir="auto">
                    {rubric.description}
                  </p>
                )}
              </th>
              <td data-head="Answers">
                <Answers rubric={rubric} />
              </td>
              <td data-head="Asked in">
                <Projects figures={known} />
              </td>
              <td data-head="Annotations" className={styles.number}>
                {known ? known.annotation_count.toLocaleString() : ""}
              </td>
              <td data-head="Version" className={styles.number}>
                {known?.version}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const MOST_CHIPS = 6;

function Answers({ rubric }: { rubric: Rubric }) {
  if (rubric.type === "FREEFORM") return "Text";
  if (rubric.type === "CONTINUOUS") return `A score, ${rangeOf(rubric)}`;
  const more = rubric.values.length - MOST_CHIPS;
  return (
    <span className={styles.chips}>
      {rubric.values.slice(0, MOST_CHIPS).map(({ label, glyph, description }) => (
        <LabelChip key={label} label={label} glyph={glyph} title={description ?? undefined} standing={standingOf(rubric, label)} />
      ))}
      {more > 0 && <span className={styles.more}>and {more} more</span>}
    </span>
  );
}

function Projects({ figures }: { figures: RubricFigures | undefined }) {
  const assigned = figures?.projects.filter((project) => project.assigned) ?? [];
  if (figures && assigned.length === 0) return <span className={styles.more}>no project</span>;
  return (
    <span className={styles.chips}>
      {assigned.slice(0, MOST_CHIPS).map((project) => (
        <Link key={project.id} to={paths.overview(addressOf(project))} className={styles.project}>
          {project.name}
        </Link>
      ))}
      {assigned.length > MOST_CHIPS && <span className={styles.more}>and {assigned.length - MOST_CHIPS} more</span>}
    </span>
  );
}
