import { useQuery } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import { flushSync } from "react-dom";

import { filterValuesQuery } from "../../api/filter";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { controlLook } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { AttributeBox } from "./AttributeBox";
import { attributeNamed, BY_KIND, type FieldRow, inWords, isByKind, type MappingDraft, type MappingProblems, type Part, PARTS, problemKey, withChoice, withoutRow, withRow, withRowChanged } from "./mapping";
import styles from "./MappingFields.module.css";

const CHOICES = [
  ["kind", "As the kind of span says"],
  ["fields", "Chosen fields"],
] as const;

type Props = {
  draft: MappingDraft;
  onDraft: (draft: MappingDraft) => void;
  problems: MappingProblems;
  project: string;
  /** Attributes of the spans that are sent, as far as they were looked at: offered before those of the project. */
  occurring: readonly string[];
};

/** Which fields an example has, and the attribute that each takes; folded away until it is wanted. */
export function MappingFields({ open, onOpen, ...props }: Props & { open: boolean; onOpen: (open: boolean) => void }) {
  const { draft } = props;
  return (
    <details className={styles.mapping} open={open} onToggle={({ currentTarget }) => onOpen(currentTarget.open)}>
      <summary className={styles.summary}>
        Fields: <span className={styles.words}>{inWords(draft)}</span>
      </summary>
      {open && <Parts {...props} />}
    </details>
  );
}

function Parts({ draft, onDraft, problems, project, occurring }: Props) {
  const group = useRef<HTMLDivElement>(null);
  const [said, setSaid] = useState("");
  const [typed, setTyped] = useState("");
  const known = useQuery(filterValuesQuery(project, "span", "attributes", typed));
  const offered = [...new Set([...occurring, ...(known.data?.values.map(({ value }) => attributeNamed(String(value))) ?? [])])];

  /** Change the rows, then go on where the hand is: rows come and go, and the focus with them. */
  function act(next: MappingDraft, focus: string, says = "") {
    flushSync(() => {
      onDraft(next);
      setSaid(says);
    });
    group.current?.querySelector<HTMLElement>(focus)?.focus();
  }

  function add(part: Part) {
    const next = withRow(draft, part);
    act(next, `[data-row="${next[part]?.at(-1)?.row}"] input`);
  }

  function remove(part: Part, place: number) {
    const rows = draft[part] ?? [];
    const gone = rows[place];
    const near = rows[place + 1] ?? rows[place - 1];
    if (gone) act(withoutRow(draft, part, gone.row), near ? `[data-row="${near.row}"] input` : `[data-part="${part}"] input:checked`, `${gone.field.trim() || "The field"} is removed.`);
  }

  return (
    <div ref={group} className={styles.parts}>
      {PARTS.map(([part, title]) => {
        const rows = draft[part];
        return (
          <div key={part} data-part={part} className={styles.part}>
            <Choice legend={title} value={rows === null ? "kind" : "fields"} options={CHOICES} onChange={(choice) => onDraft(withChoice(draft, part, choice === "fields"))} />
            {rows !== null && (
              <>
                <ol className={styles.rows} aria-label={`Fields: ${title}`}>
                  {rows.map((row, place) => (
                    <Row
                      key={row.row}
                      row={row}
                      title={`${title} ${place + 1}`}
                      problems={problems}
                      offered={offered}
                      onChange={(change) => {
                        if (change.attribute !== undefined) setTyped(change.attribute.trim());
                        onDraft(withRowChanged(draft, part, row.row, change));
                      }}
                      onRemove={() => remove(part, place)}
                    />
                  ))}
                </ol>
                <Button className={styles.add} aria-label={`Add a field: ${title}`} onClick={() => add(part)}>
                  <Icon name="plus" /> Add a field
                </Button>
              </>
            )}
          </div>
        );
      })}
      {!isByKind(draft) && (
        <p>
          <Button onClick={() => act(BY_KIND, "input", "All is as the kind of span says.")}>
            <Icon name="undo" /> Back to the default
          </Button>
        </p>
      )}
      <p role="status" className="spoken">
        {said}
      </p>
    </div>
  );
}

function Row({
  row: { row, field, attribute },
  title,
  problems,
  offered,
  onChange,
  onRemove,
}: {
  row: FieldRow;
  title: string;
  problems: MappingProblems;
  offered: readonly string[];
  onChange: (change: Partial<Omit<FieldRow, "row">>) => void;
  onRemove: () => void;
}) {
  const id = useId();
  const [left, setLeft] = useState(field !== "" || attribute !== ""); // who still types is not told what is missing
  const wrong = { field: problems[problemKey(row, "field")], attribute: problems[problemKey(row, "attribute")] };
  const told = (["field", "attribute"] as const).flatMap((what) => (left && wrong[what] !== undefined ? [[what, wrong[what]] as const] : []));
  const toldId = (what: "field" | "attribute") => (told.some(([one]) => one === what) ? `${id}-${what}` : undefined);
  return (
    // It listens to what happens in its controls.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <li
      data-row={row}
      className={styles.row}
      onFocus={() => setLeft(false)}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) setLeft(true);
      }}
    >
      <input
        type="text"
        aria-label={`${title}: name of the field`}
        aria-invalid={toldId("field") === undefined ? undefined : true}
        aria-describedby={toldId("field")}
        className={controlLook}
        value={field}
        dir="auto"
        placeholder="field"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={({ target }) => onChange({ field: target.value })}
      />
      <span aria-hidden="true" className={styles.arrow}>
        ←
      </span>
      <AttributeBox label={`${title}: attribute`} value={attribute} onChange={(next) => onChange({ attribute: next })} error={toldId("attribute")} offered={offered} />
      <Button look="quiet" aria-label={`Remove ${field.trim() || title}`} title="Remove" onClick={onRemove}>
        <Icon name="trash" />
      </Button>
      {told.map(([what, message]) => (
        <p key={what} id={`${id}-${what}`} role="alert" className={styles.problem}>
          <span aria-hidden="true">✕</span> {message}
        </p>
      ))}
    </li>
  );
}
