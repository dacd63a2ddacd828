import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { isGone } from "../../api/failure";
import { projectQuery } from "../../api/project";
import { projectRubricsQuery } from "../../api/rubric";
import { hasClause, withoutClause } from "../../domain/filter";
import { questionsOf, requiredOf } from "../../domain/question";
import { ROOTS } from "../../domain/roots";
import type { Rubric } from "../../domain/rubric";
import { annotatorOf, usePreferences } from "../../preferences";
import { useLocation, useSearchParams } from "../../router/location";
import { useParams } from "../../router/params";
import { NoProject } from "../../shell/NoProject";
import { Choice } from "../../ui/Choice";
import { DEFAULT_COLUMNS } from "./columnChoice";
import { ColumnPicker } from "./ColumnPicker";
import styles from "./ExplorePage.module.css";
import { FilterBar } from "./FilterBar";
import { keepColumns, keptColumns } from "./keptColumns";
import { QuickFilters } from "./QuickFilters";
import { alwaysInReach } from "./quickFilters";
import { Results } from "./Results";
import { SavedViews } from "./SavedViews";
import { viewPart } from "./savedViews";
import { TimeRangePicker } from "./TimeRangePicker";
import { LEVELS, searchOf, type View, viewOf } from "./view";

const NO_RUBRICS: Rubric[] = [];

/** Find what is worth looking at among spans, traces and sessions, and say what to do with it. */
export function ExplorePage() {
  const { project: address = "" } = useParams();
  const [search, setSearch] = useSearchParams();
  const { person } = usePreferences();
  const view = viewOf(search);
  const project = useQuery(projectQuery(address));
  const assigned = useQuery(projectRubricsQuery(address));
  const rubrics = assigned.data?.toSorted((a, b) => Number(a.type === "FREEFORM") - Number(b.type === "FREEFORM")) ?? NO_RUBRICS;
  const columns = view.cols ?? keptColumns() ?? DEFAULT_COLUMNS;
  const me = person === null ? null : annotatorOf(person);
  const inReach = alwaysInReach(
    view.level,
    rubrics.flatMap(({ type, name }) => (type === "FREEFORM" ? [] : [name])),
    requiredOf(questionsOf(rubrics, view.level)).map(({ name }) => name),
    me,
  );
  useFreshOnArrival(address);

  const name = project.data?.data.name ?? address;
  return (
    <div className={styles.page}>
      <title>{`${name} · Explore · Rubricate`}</title>
      <div className={styles.head}>
        <h1 className={styles.title}>Explore {name}</h1>
        <Choice legend="Rows are" legendShown={false} value={view.level} options={LEVELS} onChange={(level) => change({ level, filter: level === "span" ? view.filter : withoutClause(view.filter, ROOTS), sort: "start_time", order: "desc" })} />
        <span className={styles.tools}>
          <TimeRangePicker range={view.range} onRange={(range) => change({ range })} />
          <SavedViews key={address} project={address} search={viewPart(search)} />
          <ColumnPicker
            level={view.level}
            columns={columns}
            onColumns={(cols) => {
              keepColumns(cols);
              change({ cols }, true);
            }}
          />
        </span>
      </div>
      {isGone(project.error) ? (
        <NoProject message={project.error.message} onRetry={() => void project.refetch()} />
      ) : (
        <>
          <FilterBar
            key={view.level}
            project={address}
            level={view.level}
            filter={view.filter}
            onFilter={(filter) => change({ filter })}
            hidden={inReach.flatMap(({ clause }) => (hasClause(view.filter, clause) ? [clause] : []))}
          >
            {(draft, onFilter) => <QuickFilters project={address} level={view.level} filter={draft} onFilter={onFilter} rubrics={rubrics} me={me} inReach={inReach} />}
          </FilterBar>
          <Results address={address} project={project.data?.data} view={view} columns={columns} rubrics={rubrics} change={change} />
        </>
      )}
    </div>
  );

  /** A view is an entry of the history; what only looks different takes the place of the one before. */
  function change(part: Partial<View>, replace = false) {
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [key, value] of Object.entries(searchOf({ ...viewOf(before), ...part }))) {
          if (value === null) next.delete(key);
          else next.set(key, value);
        }
        if (!replace) next.delete("sel");
        return next;
      },
      { replace },
    );
  }
}

/** Who comes by a link sees what is there now; who comes back sees what was left. */
function useFreshOnArrival(project: string) {
  const queries = useQueryClient();
  const { arrival } = useLocation();
  useState(() => {
    if (arrival !== "pop") queries.removeQueries({ queryKey: ["items", project], type: "inactive" });
  });
}
