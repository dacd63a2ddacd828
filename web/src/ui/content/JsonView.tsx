import { type ReactNode, useState } from "react";

import { Button } from "../Button";
import styles from "./content.module.css";
import { Text } from "./Text";

/** So many entries of a list or an object are shown at once. */
const PAGE = 100;
/** A value with at most so many entries in all is open from the start. */
const SMALL = 24;
const LONGEST_LINE = 320;

/** A value as JSON, to be unfolded where it is large: what is folded is not in the page. */
export function JsonView({ value }: { value: unknown }) {
  if (!isHolder(value) || entriesOf(value).length === 0) return <Scalar value={value} />;
  return (
    <div className={styles.json}>
      <Entries value={value} depth={0} />
    </div>
  );
}

function Entries({ value, depth }: { value: object; depth: number }) {
  const entries = entriesOf(value);
  const [most, setMost] = useState(PAGE);
  return (
    <ul className={styles.entries}>
      {entries.slice(0, most).map(([name, inner]) => (
        <li key={name}>
          <Entry name={name} value={inner} depth={depth} />
        </li>
      ))}
      {entries.length > most && (
        <li className={styles.rest}>
          <Button onClick={() => setMost(most + 10 * PAGE)}>Show {Math.min(10 * PAGE, entries.length - most).toLocaleString()} more of {entries.length.toLocaleString()}</Button>
        </li>
      )}
    </ul>
  );
}

function Entry({ name, value, depth }: { name: string; value: unknown; depth: number }) {
  const key = <span className={styles.key}>{name}</span>;
  if (!isHolder(value) || entriesOf(value).length === 0) {
    return (
      <div className={styles.entry}>
        {key} <Scalar value={value} />
      </div>
    );
  }
  return (
    <Folded
      open={depth < 3 && size(value, SMALL) < SMALL}
      summary={
        <>
          {key} <span className={styles.count}>{described(value)}</span>
        </>
      }
    >
      <Entries value={value} depth={depth + 1} />
    </Folded>
  );
}

/** A part that is not in the page before it is opened. */
export function Folded({ summary, children, open: first = false }: { summary: ReactNode; children: ReactNode; open?: boolean }) {
  const [open, setOpen] = useState(first);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={styles.summary}>{summary}</summary>
      {open && children}
    </details>
  );
}

function Scalar({ value }: { value: unknown }) {
  if (typeof value === "string") {
    if (value.length > LONGEST_LINE || value.includes("\n")) return <Text text={value} lines={12} characters={2000} look="code" />;
    return (
      <span dir="auto" className={styles.string}>
        {value === "" ? "“”" : value}
      </span>
    );
  }
  return <span className={styles.scalar}>{isHolder(value) ? described(value) : String(value)}</span>;
}

function isHolder(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value);
}

function described(value: object): string {
  const count = Array.isArray(value) ? value.length : Object.keys(value).length;
  if (Array.isArray(value)) {
    if (count > 0 && value.every((item) => typeof item === "number")) return `[${value.slice(0, 4).join(", ")}${count > 4 ? ", …" : ""}] ${count} numbers`;
    return count === 0 ? "[]" : `[${count.toLocaleString()}]`;
  }
  return count === 0 ? "{}" : `{${count.toLocaleString()}}`;
}

/** How many entries a value has in all, counted no further than `most`. */
function size(value: unknown, most: number): number {
  if (!isHolder(value)) return 0;
  let count = 0;
  for (const [, inner] of entriesOf(value)) {
    count += 1 + (count < most ? size(inner, most - count) : 0);
    if (count >= most) return most;
  }
  return count;
}
