import styles from "./content.module.css";
import { inlinePicture, linkTarget } from "./links";

/** A picture that came with the span. One that lies elsewhere is a link: looking at a trace must tell nobody. */
export function Picture({ url, name }: { url: string | null; name: string | null }) {
  const inline = inlinePicture(url);
  if (inline !== null) return <img className={styles.picture} src={inline} alt={name || "Picture in the span"} />;
  return <Media kind="image" url={url} name={name} />;
}

/** Something that is not shown here: what it is, and where it lies. */
export function Media({ kind, url, name }: { kind: "image" | "audio" | "video" | "document"; url: string | null; name: string | null }) {
  const target = url === null ? null : linkTarget(url);
  const words = `${kind}${name ? ` ${name}` : ""}`;
  if (target === null) return <span className={styles.media}>[{words}]</span>;
  return (
    <a className={styles.media} href={target} rel="noopener noreferrer nofollow" target="_blank" title={target}>
      [{words}, not loaded: {new URL(target).host}]
    </a>
  );
}
