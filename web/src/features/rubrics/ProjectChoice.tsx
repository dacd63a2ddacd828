import { useState } from "react";

import type { Project } from "../../api/project";
import { addressOf, paths } from "../../paths";
import { Link } from "../../router/Link";
import { controlLook } from "../../ui/Field";
import styles from "./RubricPage.module.css";

const FEW = 10;

/** The projects whose reviewers are asked a rubric, as checkboxes; with a search when they are many. */
export function ProjectChoice({
  projects,
  chosen,
  given,
  onToggle,
}: {
  projects: readonly Project[] | undefined;
  chosen: ReadonlySet<string>;
  /** The rubric's name, and how many annotations have it in each project. */
  given?: { name: string; counts: ReadonlyMap<string, number> };
  onToggle: (id: string, on: boolean) => void;
}) {
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const shown = projects?.filter(({ name }) => name.toLowerCase().includes(wanted)) ?? [];
  return (
    <fieldset className={styles.projects}>
      <legend className={styles.legend}>Projects</legend>
      <p className={styles.note}>Those who review these projects are asked it.</p>
      {(projects?.length ?? 0) > FEW && (
        <input type="search" aria-label="Find a project" placeholder="Find a project" className={controlLook} value={search} onChange={({ target }) => setSearch(target.value)} />
      )}
      <ul className={styles.choices}>
        {shown.map((project) => (
          <li key={project.id} className={styles.choice}>
            <label className={styles.choiceLabel}>
              <input type="checkbox" checked={chosen.has(project.id)} onChange={({ target }) => onToggle(project.id, target.checked)} />
              <span className={styles.choiceName}>{project.name}</span>
            </label>
            {given && !!given.counts.get(project.id) && (
              <Link to={paths.annotations(addressOf(project), { name: given.name })}>{counted(given.counts.get(project.id) ?? 0)}</Link>
            )}
          </li>
        ))}
      </ul>
      {projects && shown.length === 0 && <p className={styles.note}>{projects.length === 0 ? "There is no project yet." : `No project is called like “${search}”.`}</p>}
    </fieldset>
  );
}

function counted(annotations: number): string {
  return `${annotations.toLocaleString()} annotation${annotations === 1 ? "" : "s"}`;
}
