import { useState } from "react";

import type { Project } from "../../api/project";
import { controlLook } from "../../ui/Field";
import styles from "./RubricPage.module.css";

const FEW = 10;

/** The projects whose reviewers are asked a rubric, as checkboxes; with a search when they are many. */
export function ProjectChoice({
  projects,
  chosen,
  counts,
  onToggle,
}: {
  projects: readonly Project[] | undefined;
  chosen: ReadonlySet<string>;
  /** Annotations of the rubric's name, by project. */
  counts?: ReadonlyMap<string, number>;
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
        {shown.map(({ id, name }) => (
          <li key={id}>
            <label className={styles.choice}>
              <input type="checkbox" checked={chosen.has(id)} onChange={({ target }) => onToggle(id, target.checked)} />
              <span className={styles.choiceName}>{name}</span>
              {!!counts?.get(id) && <span className={styles.note}>{counts.get(id)?.toLocaleString()} annotations</span>}
            </label>
          </li>
        ))}
      </ul>
      {projects && shown.length === 0 && <p className={styles.note}>{projects.length === 0 ? "There is no project yet." : `No project is called like “${search}”.`}</p>}
    </fieldset>
  );
}
