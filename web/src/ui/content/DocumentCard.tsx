import { type ReactNode, useId } from "react";

import type { RetrievedDocument } from "../../domain/conversation";
import styles from "./content.module.css";
import { CopyButton } from "./CopyButton";
import { Folded, JsonView } from "./JsonView";
import { looksLikeMarkdown } from "./passages";
import { Text } from "./Text";

/**
 * A retrieved document: place, title, id, score and the beginning of its text. `children` stand at its right: buttons to
 * judge it, or what was judged. `marked` is the one that keys are for.
 */
export function DocumentCard({ document, marked = false, children }: { document: RetrievedDocument; marked?: boolean; children?: ReactNode }) {
  const heading = useId();
  const { position, id, title, content, score, metadata } = document;
  const place = `Document ${position + 1}`;
  return (
    <article aria-labelledby={heading} aria-current={marked || undefined} className={styles.document}>
      <header className={styles.head}>
        <h3 id={heading} className={styles.role}>
          <span className={styles.note}>{position + 1}</span> <bdi>{title ?? id ?? place}</bdi>
        </h3>
        {title !== null && id !== null && <bdi className={styles.note}>{id}</bdi>}
        {score !== null && (
          <span className={styles.note} title="Score of the retriever">
            {Number(score.toPrecision(3))}
          </span>
        )}
        <span className={styles.tools}>
          <CopyButton text={content} label={place.toLowerCase()} />
          {children}
        </span>
      </header>
      <Text text={content} markdown={looksLikeMarkdown(content)} look="base" lines={8} characters={900} />
      {Object.keys(metadata).length > 0 && (
        <Folded summary="Metadata">
          <JsonView value={metadata} />
        </Folded>
      )}
    </article>
  );
}
