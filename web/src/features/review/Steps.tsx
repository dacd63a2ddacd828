import { type CSSProperties, useMemo } from "react";

import type { ReviewItem } from "../../api/reviewItem";
import { formatDuration } from "../../ui/duration";
import { outlineOf } from "./outline";
import styles from "./Steps.module.css";

/** The steps of the trace. One is opened by a click; opening it again leads back to the item. */
export function Steps({ review, shown, onShow }: { review: ReviewItem; shown: string | null; onShow: (spanId: string | null) => void }) {
  const lines = useMemo(() => outlineOf(review.steps), [review.steps]);
  const own = review.span?.context.span_id ?? null;
  return (
    <nav aria-label="Steps" className={styles.steps}>
      <h2 className={styles.title}>Steps</h2>
      <ol className={styles.list}>
        {lines.map(({ step, depth, from, width }) => (
          <li key={step.span_id}>
            <button
              type="button"
              className={styles.step}
              aria-current={(shown ?? own) === step.span_id ? "step" : undefined}
              style={{ "--depth": Math.min(depth, 8), "--from": `${from}%`, "--width": `${width}%` } as CSSProperties}
              onClick={() => onShow(step.span_id === own || step.span_id === shown ? null : step.span_id)}
            >
              <span className={styles.name}>
                <bdi>{step.name}</bdi>
              </span>
              <span className={styles.time}>{formatDuration(step.latency_ms * 1000)}</span>
              <span className={styles.kind}>
                {step.span_kind.toLowerCase()}
                {step.status_code === "ERROR" && <span className={styles.error}> ✕ error</span>}
              </span>
              <span className={styles.bar} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ol>
      {!review.steps_complete && <p className={styles.note}>The first {review.steps.length} steps. Open the trace to see all.</p>}
    </nav>
  );
}
