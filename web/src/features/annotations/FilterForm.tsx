import { useQuery } from "@tanstack/react-query";
import { useId } from "react";

import { rubricsQuery } from "../../api/rubric";
import { annotatorOf, usePreferences } from "../../preferences";
import { useSearchParams } from "../../router/location";
import { Button } from "../../ui/Button";
import { controlLook } from "../../ui/Field";
import styles from "./FilterForm.module.css";
import { type Parameter, PARAMETERS } from "./filter";

const MORE: readonly Parameter[] = ["min", "max", "on", "source", "from", "to"];

/** What the list is narrowed by. Each change is in the address at once; text when the field is left or Enter is pressed. */
export function FilterForm() {
  const [search, setSearch] = useSearchParams();
  const { person } = usePreferences();
  const rubrics = useQuery(rubricsQuery());
  const form = useId();
  const names = `${form}-names`;
  const set = (changes: Partial<Record<Parameter, string>>) => {
    const next = new URLSearchParams(search);
    for (const [parameter, value] of Object.entries(changes)) {
      if (value) next.set(parameter, value);
      else next.delete(parameter);
    }
    setSearch(next, { replace: true });
  };
  const menu = (parameter: Parameter, label: string, options: [string, string][]) => (
    <div className={styles.field}>
      <label htmlFor={`${form}-${parameter}`}>{label}</label>
      <select id={`${form}-${parameter}`} className={controlLook} value={search.get(parameter) ?? ""} onChange={(event) => set({ [parameter]: event.target.value })}>
        <option value="">Any</option>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
  const text = (parameter: Parameter, label: string, more: React.ComponentProps<"input"> = {}) => (
    <div className={styles.field}>
      <label htmlFor={`${form}-${parameter}`}>{label}</label>
      <input
        id={`${form}-${parameter}`}
        key={search.get(parameter) ?? ""} // what is typed stays until the address says otherwise
        className={controlLook}
        defaultValue={search.get(parameter) ?? ""}
        onBlur={(event) => event.target.value !== (search.get(parameter) ?? "") && set({ [parameter]: event.target.value })}
        {...more}
      />
    </div>
  );
  const mine = person !== null && search.get("identifier") === annotatorOf(person);
  return (
    <form
      role="search"
      aria-label="Annotations"
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        (document.activeElement as HTMLElement | null)?.blur();
      }}
    >
      <div className={styles.grid}>
        {text("name", "Name", { list: names })}
        <datalist id={names}>
          {rubrics.data?.map(({ id, name }) => (
            <option key={id} value={name}>
              {name}
            </option>
          ))}
        </datalist>
        {menu("by", "By", [
          ["HUMAN", "people"],
          ["LLM", "judges"],
          ["CODE", "code"],
        ])}
        {text("identifier", "Identifier")}
        {text("label", "Label")}
        <span className={styles.actions}>
          {person !== null && (
            <Button aria-pressed={mine} onClick={() => set({ identifier: mine ? "" : annotatorOf(person) })}>
              Mine
            </Button>
          )}
          {PARAMETERS.some((parameter) => search.has(parameter)) && (
            <Button look="quiet" onClick={() => set(Object.fromEntries(PARAMETERS.map((parameter) => [parameter, ""])))}>
              Clear
            </Button>
          )}
          <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
        </span>
      </div>
      <details className={styles.more} open={MORE.some((parameter) => search.has(parameter))}>
        <summary>More conditions</summary>
        <div className={styles.grid}>
          {text("min", "Score from", { type: "number", step: "any" })}
          {text("max", "Score to", { type: "number", step: "any" })}
          {menu("on", "On", [
            ["span", "spans"],
            ["trace", "traces"],
            ["session", "sessions"],
            ["document", "documents"],
          ])}
          {menu("source", "Through", [
            ["APP", "the page"],
            ["API", "the API"],
          ])}
          {text("from", "Written from", { type: "date" })}
          {text("to", "Written to", { type: "date" })}
        </div>
      </details>
    </form>
  );
}
