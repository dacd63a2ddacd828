import { personOf } from "../preferences";
import styles from "./AuthorChip.module.css";
import { Icon, type IconName } from "./Icon";

export type AuthorKind = "HUMAN" | "LLM" | "CODE";

const KINDS = { HUMAN: { icon: "person", word: "person" }, LLM: { icon: "spark", word: "judge" }, CODE: { icon: "braces", word: "code" } } as const satisfies Record<
  AuthorKind,
  { icon: IconName; word: string }
>;

/** Who gave an annotation: kind by icon and word, and the name if there is one. `me` is the identifier of the one who looks. */
export function AuthorChip({ kind, identifier, me }: { kind: AuthorKind; identifier: string; me?: string | null | undefined }) {
  const { icon, word } = KINDS[kind];
  const name = identifier && identifier === me ? "you" : personOf(identifier);
  return (
    <span className={styles.author} title={identifier ? `${word} · ${identifier}` : word}>
      <Icon name={icon} />
      {name ? (
        <>
          <span className="spoken">{word}</span> <span className={styles.name}>{name}</span>
        </>
      ) : (
        word
      )}
    </span>
  );
}

/** The word for a kind of author. */
export function wordFor(kind: AuthorKind): string {
  return KINDS[kind].word;
}
