import styles from "./FirstSpan.module.css";
import { Snippet } from "./Snippet";
import { type FirstSpanIds, type FirstSpanProject, snippets } from "./firstSpanSnippets";

/** Nothing has arrived yet: how to send something. The page that shows it keeps asking, and says so here. */
export function FirstSpan({ origin, project, ids }: { origin: string; project: FirstSpanProject; ids: FirstSpanIds }) {
  return (
    <div className={styles.first}>
      <p>
        <span className={styles.dot} aria-hidden="true" /> <span role="status">Waiting for the first span…</span>
      </p>
      <p className={styles.note}>It shows here by itself. Three ways to send it:</p>
      {snippets(origin, project, ids).map(({ title, text }) => (
        <Snippet key={title} title={title} text={text} />
      ))}
    </div>
  );
}
