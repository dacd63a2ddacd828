import { type FormEvent, useState } from "react";

import { Button } from "../../ui/Button";
import { controlLook, Field } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { Popover } from "../../ui/Popover";
import styles from "./menus.module.css";
import { ANY_TIME, inWords, isBound, localMinute, RECENT, type TimeRange } from "./timeBounds";

/** From when to when, as a menu: a stretch back from now, or two moments. */
export function TimeRangePicker({ range, onRange }: { range: TimeRange; onRange: (range: TimeRange) => void }) {
  return (
    <Popover
      label={
        <>
          <Icon name="clock" /> {inWords(range)}
        </>
      }
    >
      {(close) => {
        const choose = (next: TimeRange) => {
          close();
          onRange(next);
        };
        return (
          <div className={styles.menu}>
            {[["", "Any time"] as const, ...RECENT].map(([from, text]) => (
              <button key={from} type="button" className={styles.entry} aria-pressed={(range.from ?? "") === from && range.to === null} onClick={() => choose(from === "" ? ANY_TIME : { from, to: null })}>
                {text}
              </button>
            ))}
            <Custom range={range} onRange={choose} />
          </div>
        );
      }}
    </Popover>
  );
}

function Custom({ range, onRange }: { range: TimeRange; onRange: (range: TimeRange) => void }) {
  const [from, setFrom] = useState(minuteOf(range.from));
  const [to, setTo] = useState(minuteOf(range.to));
  const backwards = from !== "" && to !== "" && from >= to;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!backwards) onRange({ from: momentOf(from), to: momentOf(to) });
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <Field label="From">{(control) => <input {...control} type="datetime-local" className={controlLook} value={from} onChange={({ target }) => setFrom(target.value)} />}</Field>
      <Field label="Until" error={backwards ? "The end has to come after the start." : null}>
        {(control) => <input {...control} type="datetime-local" className={controlLook} value={to} onChange={({ target }) => setTo(target.value)} />}
      </Field>
      <Button type="submit" disabled={backwards || (from === "" && to === "")}>
        Show this time
      </Button>
    </form>
  );
}

function minuteOf(bound: string | null): string {
  return bound !== null && isBound(bound) && !bound.startsWith("-") ? localMinute(bound) : "";
}

function momentOf(minute: string): string | null {
  return minute === "" ? null : new Date(minute).toISOString();
}
