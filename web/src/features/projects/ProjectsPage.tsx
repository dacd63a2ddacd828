import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { useOnTopic, useOnTopics } from "../../api/live";
import { type Project, type ProjectFigures, projectFiguresQuery, projectsQuery } from "../../api/project";
import { addressOf, paths } from "../../paths";
import { Link } from "../../router/Link";
import { navigate, useSearchParams } from "../../router/location";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorState } from "../../ui/ErrorState";
import { controlLook } from "../../ui/Field";
import { FirstSpan } from "../../ui/FirstSpan";
import { firstSpanIds } from "../../ui/firstSpanSnippets";
import { Icon } from "../../ui/Icon";
import { Page } from "../../ui/Page";
import { Pager } from "../../ui/Pager";
import { Skeleton } from "../../ui/Skeleton";
import { toast } from "../../ui/Toasts";
import { NewProject } from "./NewProject";
import styles from "./ProjectsPage.module.css";
import { ProjectTable } from "./ProjectTable";

/** The project that every server has, for spans that name none. */
const DEFAULT_PROJECT = "default";

/** The one that the first span makes. */
const NEW_PROJECT = { name: "my-app", identifier: "my-app" };

/** From this many on, people search rather than look. */
const MANY = 8;

/** All projects with what is in them; on a new server, how to send the first span. */
export function ProjectsPage() {
  const [search, setSearch] = useSearchParams();
  const cursor = search.get("cursor");
  const wanted = search.get("q") ?? "";
  const projects = useQuery(projectsQuery(cursor, wanted));
  const figures = useQuery(projectFiguresQuery());
  const [typed, setTyped] = useState(wanted);
  const [making, setMaking] = useState(false);
  const find = (text: string) => {
    setTyped(text); // the address follows a moment later; a field that waited for it would lose letters
    setSearch(new URLSearchParams(text === "" ? {} : { q: text }), { replace: true });
  };
  const refresh = () => {
    void projects.refetch();
    void figures.refetch();
  };
  useOnTopic("projects", refresh);
  const isNew = isNewServer(projects.data?.data, figures.data, cursor !== null || wanted !== "" || projects.isPlaceholderData);
  useLeadToFirstSpan(isNew, projects.data?.data, figures.data);
  return (
    <Page title="Projects">
      {content()}
      {making && <NewProject onClose={() => setMaking(false)} />}
    </Page>
  );

  function content() {
    if (projects.isPending || (figures.isPending && (projects.data?.data.length ?? 0) <= 1)) return <Skeleton rows={4} />;
    if (projects.isLoadingError) return <ErrorState message={projects.error.message} onRetry={() => void projects.refetch()} />;
    if (isNew) return <Welcome projects={projects.data.data} onChange={refresh} />;
    const { data, next_cursor } = projects.data;
    return (
      <>
        <div className={styles.toolbar}>
          <Button onClick={() => setMaking(true)}>
            <Icon name="plus" /> New project
          </Button>
          {(wanted !== "" || (figures.data?.size ?? 0) > MANY) && (
            <input
              type="search"
              aria-label="Find a project by name"
              placeholder="Find a project by name"
              className={`${controlLook} ${styles.search}`}
              value={typed}
              onChange={({ target }) => find(target.value)}
            />
          )}
        </div>
        {data.length === 0 ? (
          <EmptyState title={`No project has “${wanted}” in its name`}>
            <Button onClick={() => find("")}>Show all projects</Button>
          </EmptyState>
        ) : (
          <ProjectTable projects={data} figures={figures.data} failed={figures.isLoadingError ? figures.error.message : null} stale={projects.isPlaceholderData} onChange={() => void figures.refetch()} />
        )}
        <Pager>
          {cursor !== null && <Link to={paths.projects()}>Newest</Link>}
          {next_cursor && <Link to={paths.projects(next_cursor)}>Next page</Link>}
        </Pager>
      </>
    );
  }
}

/** Nothing was sent yet, and nobody made a project: the default one is there from the start, and says nothing. */
function isNewServer(projects: readonly Project[] | undefined, figures: ReadonlyMap<string, ProjectFigures> | undefined, narrowed: boolean): boolean {
  if (!projects || !figures || narrowed) return false;
  return projects.every(({ id, name }) => name === DEFAULT_PROJECT && (figures.get(id)?.span_count ?? 0) === 0);
}

/** Whoever waited for the first span is led to it when it comes. */
function useLeadToFirstSpan(isNew: boolean, projects: readonly Project[] | undefined, figures: ReadonlyMap<string, ProjectFigures> | undefined) {
  const waited = useRef(false);
  useEffect(() => {
    if (isNew) waited.current = true;
    const first = projects?.find(({ id }) => (figures?.get(id)?.span_count ?? 0) > 0);
    if (isNew || !waited.current || !first) return;
    waited.current = false;
    toast(`The first span of ${first.name} is here.`);
    navigate(paths.explore(addressOf(first)));
  }, [isNew, projects, figures]);
}

function Welcome({ projects, onChange }: { projects: readonly Project[]; onChange: () => void }) {
  const [ids] = useState(firstSpanIds);
  useOnTopics(
    projects.map(({ id }) => `spans:${id}`),
    onChange,
  );
  return <FirstSpan origin={location.origin} project={NEW_PROJECT} ids={ids} />;
}
