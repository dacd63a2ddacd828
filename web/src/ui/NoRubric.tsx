import type { ReactNode } from "react";

import { PRESETS, type Preset } from "../domain/preset";
import type { Rubric } from "../domain/rubric";
import { Button } from "./Button";
import styles from "./NoRubric.module.css";
import { RubricForm } from "./RubricForm";

/**
 * What a project without a rubric offers: three to begin with, each as reviewers will see it, and those that other
 * projects use. One click makes the rubric and assigns it.
 */
export function NoRubric({
  existing,
  busy,
  onPreset,
  onExisting,
  children,
}: {
  /** Rubrics of the server. A preset whose name one of them has is not offered: names are given once. */
  existing: readonly Rubric[];
  busy: boolean;
  onPreset: (preset: Preset) => void;
  onExisting: (rubric: Rubric) => void;
  /** The way to a rubric of one's own: a link. */
  children: ReactNode;
}) {
  const taken = new Set(existing.map(({ name }) => name));
  const presets = PRESETS.filter(({ rubric }) => !taken.has(rubric.name));
  return (
    <section className={styles.choose} aria-labelledby="no-rubric">
      <h2 id="no-rubric" className={styles.title}>
        What do you want to ask?
      </h2>
      <p className={styles.note}>A rubric is the question that reviewers answer. This project has none yet. Begin with one of these; it can be changed at any time.</p>
      <ul className={styles.presets} hidden={presets.length === 0}>
        {presets.map((preset) => (
          <li key={preset.title} className={styles.preset}>
            <div inert className={styles.form}>
              <RubricForm rubric={{ ...preset.rubric, id: "" }} value={null} onAnswer={() => undefined} hints={false} />
            </div>
            <Button disabled={busy} onClick={() => onPreset(preset)}>
              {`Use “${preset.title}”`}
            </Button>
          </li>
        ))}
      </ul>
      {existing.length > 0 && (
        <>
          <h3 className={styles.subtitle}>{presets.length > 0 ? "Or one that this server has" : "This server has"}</h3>
          <ul className={styles.existing}>
            {existing.map((rubric) => (
              <li key={rubric.id}>
                <Button disabled={busy} onClick={() => onExisting(rubric)}>
                  {`Use ${rubric.name}`}
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
      {children}
    </section>
  );
}
