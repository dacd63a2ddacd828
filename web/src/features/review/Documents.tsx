import { useEffect, useRef } from "react";

import type { Result } from "../../domain/outbox";
import { DocumentCard } from "../../ui/content/DocumentCard";
import { Button } from "../../ui/Button";
import { KeyHint } from "../../ui/KeyHint";
import type { Evidence } from "./documents";
import styles from "./Documents.module.css";

type Props = {
  evidence: readonly Evidence[];
  /** Place of the document that digits judge. */
  marked: number | null;
  choices: readonly [Result, Result];
  resultOf: (one: Evidence) => Result | null;
  onJudge: (place: number, result: Result) => void;
  onMark: (place: number | null) => void;
};

/** What the answer was based on, each document with two buttons. */
export function Documents({ evidence, marked, choices, resultOf, onJudge, onMark }: Props) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (marked !== null) list.current?.children[marked]?.scrollIntoView({ block: "nearest" });
  }, [marked]);
  const from = new Set(evidence.map(({ foundBy }) => foundBy));
  return (
    <section aria-labelledby="documents" className={styles.documents}>
      <header className={styles.head}>
        <h2 id="documents" className={styles.title}>
          Documents ({evidence.length})
        </h2>
        <Button look="quiet" aria-pressed={marked !== null} onClick={() => onMark(marked === null ? 0 : null)}>
          Judge them <KeyHint keys="d" />
        </Button>
      </header>
      <ol ref={list} className={styles.list}>
        {evidence.map((one, place) => {
          const said = resultOf(one);
          const { target } = one.slot;
          return (
            <li key={`${target.id} ${target.position}`}>
              <DocumentCard document={one.document} marked={marked === place}>
                <span role="group" aria-label={`Document ${place + 1}${from.size > 1 ? ` of ${one.foundBy}` : ""}`} className={styles.choices}>
                  {choices.map((choice, number) => (
                    <button key={choice.label} type="button" className={styles.choice} aria-pressed={said?.label === choice.label} onClick={() => onJudge(place, choice)}>
                      {choice.label}
                      {marked !== null && (
                        <span className={marked === place ? undefined : styles.noKey}>
                          <KeyHint keys={String(number + 1)} />
                        </span>
                      )}
                    </button>
                  ))}
                </span>
              </DocumentCard>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
