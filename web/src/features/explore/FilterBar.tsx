import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, type ReactNode, useDeferredValue, useId, useLayoutEffect, useRef, useState } from "react";

import { type FilterProblem, filterCheckQuery, filterValuesQuery, vocabularyQuery } from "../../api/filter";
import { clausesOf, mended, withoutClause } from "../../domain/filter";
import { useKeys } from "../../keys/useKeys";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { KeyHint } from "../../ui/KeyHint";
import { type Candidate, candidates, completed, valuesWanted, wishAt } from "./completion";
import styles from "./FilterBar.module.css";
import { annotationsOf } from "./quickFilters";
import { useDraft } from "./useDraft";
import type { Level } from "./view";

const NO_CANDIDATES: Candidate[] = [];

/**
 * The filter as text with completion, and its conditions as chips. What is typed counts when Enter is pressed, and not
 * while something is wrong with it. `children` get the text as it stands, typed or applied.
 */
export function FilterBar({
  project,
  level,
  filter,
  onFilter,
  hidden,
  children,
}: {
  project: string;
  level: Level;
  filter: string;
  onFilter: (filter: string) => void;
  /** Conditions that show as pressed buttons already, so that they need no chip. */
  hidden: readonly string[];
  children: (draft: string, onFilter: (filter: string) => void) => ReactNode;
}) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const selecting = useRef<[start: number, end: number] | null>(null);
  const queries = useQueryClient();
  const [draft, setDraft, adopt] = useDraft(filter);
  const [caret, setCaret] = useState<number | null>(null); // null while the list is shut
  const [active, setActive] = useState<number | null>(null);
  const [, setEdits] = useState(0);
  const [refused, setRefused] = useState<string | null>(null);
  useKeys("explore", { filter: () => input.current?.focus() });
  useLayoutEffect(() => {
    if (selecting.current === null) return;
    input.current?.focus();
    input.current?.setSelectionRange(...selecting.current);
    selecting.current = null;
  });

  const wish = caret === null ? null : wishAt(draft, caret, annotationsOf(level));
  const wanted = valuesWanted(wish);
  const vocabulary = useQuery({ ...vocabularyQuery(level), enabled: caret !== null });
  const values = useQuery({ ...filterValuesQuery(project, level, wanted?.field ?? "", wanted?.prefix), enabled: wanted !== null });
  const offered = wish && vocabulary.data ? candidates(wish, vocabulary.data, wanted ? (values.data?.values ?? []) : []) : NO_CANDIDATES;
  const open = caret !== null && offered.length > 0;

  const looked = useDeferredValue(draft.trim());
  const check = useQuery({ ...filterCheckQuery(level, looked), enabled: looked !== "" });
  const found = looked === draft.trim() && looked !== "" ? (check.data?.error ?? null) : null;
  // Who is still typing is not told what is missing.
  const problem = found && (refused === looked || looked === filter || caret === null) ? found : null;
  const chips = clausesOf(filter).filter(({ text }) => !hidden.includes(text));

  return (
    <div className={styles.filter} role="search" aria-label="Filter">
      <div className={styles.line}>
        <div className={styles.box}>
          <span className={styles.icon}>
            <Icon name="search" />
          </span>
          <input
            ref={input}
            type="text"
            role="combobox"
            aria-label="Filter"
            aria-autocomplete="list"
            aria-expanded={open}
            aria-controls={`${id}-list`}
            aria-activedescendant={open && active !== null ? `${id}-${active}` : undefined}
            aria-invalid={problem ? true : undefined}
            aria-describedby={problem ? `${id}-problem` : undefined}
            className={styles.input}
            value={draft}
            placeholder="Filter: latency_ms > 2000 and 'refund' in input"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            onChange={({ target }) => {
              setDraft(target.value);
              show(target.selectionStart ?? target.value.length);
            }}
            onClick={({ currentTarget }) => show(currentTarget.selectionStart ?? 0)}
            onBlur={() => setCaret(null)}
            onKeyDown={onKeyDown}
          />
          {draft !== filter ? (
            <Button look="quiet" className={styles.apply} onClick={() => void apply(draft)}>
              Apply <KeyHint keys="Enter" />
            </Button>
          ) : (
            <span className={styles.hint}>{draft === "" ? <KeyHint keys="/" /> : null}</span>
          )}
          {draft !== "" && (
            <Button look="quiet" aria-label="Clear the filter" onClick={() => void apply("")}>
              <Icon name="close" />
            </Button>
          )}
          <div id={`${id}-list`} role="listbox" aria-label="Completions" className={styles.list} hidden={!open}>
            {open &&
              offered.map((candidate, index) => (
                // The keyboard takes an offer from the field, which keeps the focus.
                // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
                <div
                  key={candidate.insert}
                  id={`${id}-${index}`}
                  ref={index === active ? intoView : undefined}
                  role="option"
                  aria-selected={index === active}
                  className={styles.option}
                  onMouseDown={(event) => event.preventDefault()}
                  onClick={() => take(candidate)}
                >
                  <code>{candidate.text}</code>
                  <span className={styles.note}>{candidate.note}</span>
                </div>
              ))}
          </div>
        </div>
      </div>
      {problem && <Problem id={`${id}-problem`} filter={looked} problem={problem} applied={looked === filter ? null : filter} onMend={mend} />}
      <div className={styles.line}>
        {children(draft, (next) => void apply(next))}
        {chips.length > 0 && (
          <ul className={styles.chips} aria-label="Conditions">
            {chips.map(({ text, start, end }) => (
              <li key={start} className={styles.chip}>
                <button type="button" className={styles.clause} title={text} onClick={() => edit(start, end)}>
                  <code>{text}</code>
                </button>
                <button type="button" className={styles.drop} aria-label={`Drop ${text}`} title="Drop" onClick={() => void apply(withoutClause(filter, text))}>
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );

  function show(at: number) {
    setCaret(at);
    setActive(null);
  }

  async function apply(text: string) {
    const next = text.trim();
    setCaret(null);
    setDraft(text);
    if (next !== "") {
      // A server that does not answer refuses the rows as well, and says so there.
      const { error } = await queries.ensureQueryData(filterCheckQuery(level, next)).catch(() => ({ error: null }));
      setRefused(error ? next : null);
      if (error) return;
    }
    adopt(next);
    onFilter(next);
  }

  function take(candidate: Candidate) {
    if (wish === null) return;
    const { filter: text, caret: at } = completed(draft, wish, candidate);
    setDraft(text);
    show(at);
    select(at, at);
  }

  function mend(suggestion: string) {
    if (!problem) return;
    void apply(mended(looked, unitsOf(looked, problem.position), suggestion));
    input.current?.focus();
  }

  function edit(start: number, end: number) {
    setDraft(filter);
    setCaret(null);
    select(start, end);
    setEdits((times) => times + 1); // the text may be the same as before, and still the field has to take the focus
  }

  /** As soon as the field shows the text that was set: the next key is already on its way. */
  function select(start: number, end: number) {
    selecting.current = [start, end];
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>) {
    const { key, currentTarget } = event;
    const last = offered.length - 1;
    if (event.nativeEvent.isComposing) return;
    if (key === "ArrowDown" && open) setActive(active === null || active === last ? 0 : active + 1);
    else if (key === "ArrowUp" && open) setActive(active === null || active === 0 ? last : active - 1);
    else if (key === "ArrowDown") show(currentTarget.selectionStart ?? draft.length);
    else if ((key === "Enter" || key === "Tab") && open && active !== null && offered[active]) take(offered[active]);
    else if (key === "Enter") void apply(draft);
    else if (key === "Escape" && open) setCaret(null);
    else if (key === "Escape" && draft !== filter) setDraft(filter);
    else if (key === "Escape") currentTarget.blur();
    else return;
    event.preventDefault();
  }
}

type ProblemProps = {
  id: string;
  filter: string;
  problem: FilterProblem;
  /** The filter of which the rows still are; null when there are none. */
  applied: string | null;
  onMend: (suggestion: string) => void;
};

/** What is wrong, shown at its place, with the word that was meant as a button; and of what the rows below are meanwhile. */
function Problem({ id, filter, problem: { message, position, suggestion }, applied, onMend }: ProblemProps) {
  const at = unitsOf(filter, position);
  const wrong = /^(?:[\p{L}\p{N}_]+|\S?)/u.exec(filter.slice(at))?.[0] || " ";
  return (
    <div id={id} role="alert" className={styles.problem}>
      <code className={styles.echo}>
        {filter.slice(0, at)}
        <mark className={styles.wrong}>{wrong}</mark>
        {filter.slice(at + wrong.length)}
      </code>
      <span className={styles.message}>
        <span aria-hidden="true">✕</span> {message}
      </span>
      {suggestion !== null && (
        <Button onClick={() => onMend(suggestion)}>
          Write <code>{suggestion}</code>
        </Button>
      )}
      {applied !== null && (
        <p className={styles.before}>
          {applied === "" ? (
            "Not applied: the rows below are not filtered."
          ) : (
            <>
              Not applied: the rows below are those of the filter before, <code>{applied}</code>
            </>
          )}
        </p>
      )}
    </div>
  );
}

/** The server counts characters; a text of JavaScript counts units, of which some characters have two. */
function unitsOf(text: string, characters: number): number {
  return Array.from(text).slice(0, characters).join("").length;
}

function intoView(option: HTMLElement | null) {
  option?.scrollIntoView({ block: "nearest" });
}
