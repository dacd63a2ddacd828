import type { AnnotationGroup, Said } from "../../domain/annotationGroup";
import { inWords } from "../../domain/annotationGroup";
import { type AuthorKind, wordFor } from "../../ui/AuthorChip";
import { Icon } from "../../ui/Icon";
import { LabelChip, LabelMark } from "../../ui/LabelChip";
import styles from "./AnnotationMarks.module.css";

const ICONS = { HUMAN: "person", LLM: "spark", CODE: "braces" } as const;

/** What was said of an item, by name: the label once where all agree, else a glyph for each annotator. */
export function AnnotationMarks({ groups, most, more }: { groups: AnnotationGroup[]; most: number; more: string | null }) {
  const hidden = groups.slice(most);
  return (
    <span className={styles.groups}>
      {groups.slice(0, most).map((group) => (
        <Group key={group.name} group={group} />
      ))}
      {(hidden.length > 0 || more) && (
        <span className={styles.more} title={hidden.map((group) => inWords(group, wordFor)).join("\n") || undefined}>
          {[hidden.length > 0 && `+${hidden.length}`, more].filter(Boolean).join(" · ")}
        </span>
      )}
    </span>
  );
}

function Group({ group }: { group: AnnotationGroup }) {
  const words = inWords(group, wordFor);
  return (
    <span className={styles.group} title={words} data-differ={group.differ || undefined}>
      <span className="spoken">{words}</span>
      <span className={styles.shown} aria-hidden="true">
        <span className={styles.name}>{group.name}</span>
        {group.differ ? group.said.map((said) => <Strip key={said.id} said={said} />) : <Agreed said={group.said} />}
      </span>
    </span>
  );
}

function Agreed({ said }: { said: Said[] }) {
  const [first] = said;
  if (!first) return null;
  return (
    <>
      {first.standing === null && first.glyph === null ? <span className={styles.value}>{first.text || "–"}</span> : <LabelChip label={first.text} standing={first.standing} glyph={first.glyph} />}
      <span className={styles.authors}>
        {[...new Set(said.map(({ kind }) => kind))].map((kind) => (
          <Author key={kind} kind={kind} count={said.filter((one) => one.kind === kind).length} />
        ))}
      </span>
    </>
  );
}

function Strip({ said }: { said: Said }) {
  return (
    <span className={styles.mark}>
      {said.standing === null && said.glyph === null ? <span className={styles.value}>{said.text}</span> : <LabelMark standing={said.standing} glyph={said.glyph} />}
      <Author kind={said.kind} count={1} />
    </span>
  );
}

function Author({ kind, count }: { kind: AuthorKind; count: number }) {
  return (
    <span className={styles.author}>
      <Icon name={ICONS[kind]} />
      {count > 1 && count}
    </span>
  );
}
