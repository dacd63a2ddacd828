import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";

import { useOnTopic } from "../../api/live";
import { type Project, projectsQuery } from "../../api/project";
import { spansQuery } from "../../api/span";
import { addressOf, paths } from "../../paths";
import { ErrorState } from "../../ui/ErrorState";
import { FirstSpan } from "../../ui/FirstSpan";
import { firstSpanIds } from "../../ui/firstSpanSnippets";
import { Page } from "../../ui/Page";
import { Pager } from "../../ui/Pager";
import { Skeleton } from "../../ui/Skeleton";
import styles from "./ProjectsPage.module.css";

/** The project that every server has, for spans that name none. */
const DEFAULT_PROJECT = "default";

/** The one that the first span makes. */
const NEW_PROJECT = { name: "my-app", identifier: "my-app" };

/** All projects; on a new server, how to send the first span. */
export function ProjectsPage() {
  const cursor = useSearchParams()[0].get("cursor");
  const projects = useQuery(projectsQuery(cursor));
  useOnTopic("projects", () => void projects.refetch());
  return <Page title="Projects">{content()}</Page>;

  function content() {
    if (projects.isPending) return <Skeleton rows={4} />;
    if (projects.isError) return <ErrorState message={projects.error.message} onRetry={() => void projects.refetch()} />;
    const { data, next_cursor } = projects.data;
    const [first] = data;
    if (!first) return <Welcome />;
    if (data.length === 1 && cursor === null && first.name === DEFAULT_PROJECT) return <OnlyDefault project={first} />;
    return (
      <>
        <ProjectList projects={data} />
        <Pager>
          {cursor !== null && <Link to={paths.projects()}>Newest</Link>}
          {next_cursor && <Link to={paths.projects(next_cursor)}>Next page</Link>}
        </Pager>
      </>
    );
  }
}

/** The default project alone says nothing: it is there before anything was sent. */
function OnlyDefault({ project }: { project: Project }) {
  const spans = useQuery(spansQuery(project.name, null, 1));
  useOnTopic(`spans:${project.id}`, () => void spans.refetch());
  if (spans.isPending) return <Skeleton rows={4} />;
  return spans.data?.data.length === 0 ? <Welcome /> : <ProjectList projects={[project]} />;
}

function Welcome() {
  const [ids] = useState(firstSpanIds);
  return <FirstSpan origin={location.origin} project={NEW_PROJECT} ids={ids} />;
}

function ProjectList({ projects }: { projects: Project[] }) {
  return (
    <ul className={styles.list}>
      {projects.map((project) => (
        <li key={project.id} className={styles.item}>
          <Link to={paths.overview(addressOf(project))} className={styles.name}>
            {project.name}
          </Link>
          {project.description && <p className={styles.description}>{project.description}</p>}
        </li>
      ))}
    </ul>
  );
}
