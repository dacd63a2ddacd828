import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { filterValuesQuery } from "../../api/filter";
import { hasClause } from "../../domain/filter";
import { quoted } from "../../domain/quoted";
import { type Rubric, standingOf } from "../../domain/rubric";
import { Field, controlLook } from "../../ui/Field";
import { LabelMark } from "../../ui/LabelChip";
import { Popover } from "../../ui/Popover";
import styles from "./QuickFilters.module.css";
import { annotationsOf, ofKinds, ofName, pressed, type QuickFilter } from "./quickFilters";
import type { Level } from "./view";

type Props = { project: string; level: Level; filter: string; onFilter: (filter: string) => void; rubrics: readonly Rubric[]; me: string | null; inReach: readonly QuickFilter[] };

/** The conditions that people ask for most, one press each. */
export function QuickFilters({ project, level, filter, onFilter, rubrics, me, inReach }: Props) {
  return (
    <div className={styles.quick} role="group" aria-label="Quick filters">
      <Popover label="Annotations ▾">{() => <ByName project={project} level={level} filter={filter} onFilter={onFilter} rubrics={rubrics} me={me} />}</Popover>
      {level === "span" && <Popover label="Kind ▾">{() => <Kinds project={project} filter={filter} onFilter={onFilter} />}</Popover>}
      {inReach.map((quick) => (
        <Toggle key={quick.text} quick={quick} all={inReach} filter={filter} onFilter={onFilter} />
      ))}
    </div>
  );
}

function Toggle({ quick, all, filter, onFilter, rubric }: { quick: QuickFilter; all: readonly QuickFilter[]; filter: string; onFilter: (filter: string) => void; rubric?: Rubric | undefined }) {
  return (
    <button type="button" className={styles.toggle} aria-pressed={hasClause(filter, quick.clause)} title={quick.clause} onClick={() => onFilter(pressed(filter, quick, all))}>
      {rubric && <LabelMark standing={standingOf(rubric, quick.text)} glyph={glyphIn(rubric, quick.text)} />}
      {quick.text}
    </button>
  );
}

function Kinds({ project, filter, onFilter }: { project: string; filter: string; onFilter: (filter: string) => void }) {
  const kinds = useQuery(filterValuesQuery(project, "span", "span_kind"));
  const all = ofKinds(kinds.data?.values.map(({ value }) => String(value)) ?? []);
  return (
    <div className={styles.toggles} role="group" aria-label="Kind of span">
      {kinds.isLoadingError && <p>{kinds.error.message}</p>}
      {all.map((quick) => (
        <Toggle key={quick.text} quick={quick} all={all} filter={filter} onFilter={onFilter} />
      ))}
    </div>
  );
}

function ByName({ project, level, filter, onFilter, rubrics, me }: Omit<Props, "inReach">) {
  const found = useQuery(filterValuesQuery(project, level, annotationsOf(level)));
  const names = [...new Set([...(found.data?.values.map(({ value }) => String(value)) ?? []), ...rubrics.map(({ name }) => name)])];
  const [chosen, setName] = useState<string | null>(null);
  const name = chosen ?? names[0];
  const rubric = rubrics.find((one) => one.name === name);
  const labels = useQuery({ ...filterValuesQuery(project, level, `${annotationsOf(level)}[${quoted(name ?? "")}].label`), enabled: name !== undefined && rubric?.type !== "CATEGORICAL" });
  if (found.isLoadingError) return <p>{found.error.message}</p>;
  if (found.isPending) return <p className={styles.hint}>Looking…</p>;
  if (name === undefined) return <p className={styles.hint}>Nothing is annotated here yet, and the project has no rubric.</p>;
  const known = rubric?.type === "CATEGORICAL" ? rubric.values.map(({ label }) => label) : (labels.data?.values.map(({ value }) => String(value)) ?? []);
  const groups = ofName(level, name, known, me);
  const all = [...groups.labels, ...groups.authors, ...groups.differing];
  const toggles = (title: string, some: readonly QuickFilter[], marked = false) =>
    some.length > 0 && (
      <fieldset className={styles.group}>
        <legend className={styles.legend}>{title}</legend>
        <div className={styles.toggles}>
          {some.map((quick) => (
            <Toggle key={quick.clause} quick={quick} all={all} filter={filter} onFilter={onFilter} rubric={marked ? rubric : undefined} />
          ))}
        </div>
      </fieldset>
    );
  return (
    <div className={styles.panel}>
      <Field label="Annotations named">
        {(control) => (
          <select {...control} className={controlLook} value={name} onChange={({ target }) => setName(target.value)}>
            {names.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        )}
      </Field>
      {toggles("that say", groups.labels, true)}
      {toggles("given by", groups.authors)}
      {toggles("that differ", groups.differing)}
    </div>
  );
}

function glyphIn(rubric: Rubric, label: string): string | null {
  return rubric.type === "CATEGORICAL" ? (rubric.values.find((value) => value.label === label)?.glyph ?? null) : null;
}
