import { Lexer, type MarkedToken, type Token, type Tokens } from "marked";
import { type ReactNode, useMemo } from "react";

import { InOrder } from "./InOrder";
import { decoded, linkTarget } from "./links";
import styles from "./content.module.css";
import { Picture } from "./Picture";

/** Nesting beyond this is shown as it was written: nobody means it, and it would fill the stack. */
const DEEPEST = 24;

/**
 * Text read as Markdown (GitHub's kind). Tokens become React elements, so no HTML of the text is ever HTML of the page;
 * links leave only for http, https and mailto; nothing is loaded from another host.
 */
export function Markdown({ text }: { text: string }) {
  const tokens = useMemo(() => lexed(text), [text]);
  return (
    <div className={styles.markdown} dir="auto">
      <Tokens tokens={tokens} depth={0} />
    </div>
  );
}

/** The text's tokens; text that the lexer cannot take (nested too deep, say) is one token of itself. */
function lexed(text: string): Token[] {
  try {
    return new Lexer({ gfm: true }).lex(text);
  } catch {
    return [{ type: "code", raw: text, text }];
  }
}

function Tokens({ tokens, depth }: { tokens: readonly Token[] | undefined; depth: number }): ReactNode {
  return tokens && <InOrder of={tokens}>{(token) => element(token as MarkedToken, depth + 1)}</InOrder>;
}

function element(token: MarkedToken, depth: number): ReactNode {
  if (depth > DEEPEST) return token.raw;
  const inner = "tokens" in token ? <Tokens tokens={token.tokens} depth={depth} /> : null;
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      // Not a heading of the page: its outline is not the text's to change.
      return <p className={token.depth < 3 ? styles.heading : styles.subheading}>{inner}</p>;
    case "paragraph":
      return <p dir="auto">{inner}</p>;
    case "text":
      return token.tokens ? inner : decoded(token.text);
    case "strong":
      return <strong>{inner}</strong>;
    case "em":
      return <em>{inner}</em>;
    case "del":
      return <del>{inner}</del>;
    case "br":
      return <br />;
    case "hr":
      return <hr />;
    case "codespan":
      return <code>{token.text}</code>;
    case "code":
      return <pre>{token.text}</pre>;
    case "blockquote":
      return <blockquote>{inner}</blockquote>;
    case "list":
      return list(token, depth);
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    case "table":
      return table(token, depth);
    case "link":
      return link(token.href, inner);
    case "image":
      return <Picture url={token.href} name={token.text} />;
    case "escape":
      return token.text;
    default:
      return token.raw; // HTML among it: shown, never obeyed
  }
}

function link(href: string, text: ReactNode): ReactNode {
  const target = linkTarget(href);
  if (target === null) return <span title="This link leads nowhere that is safe to follow">{text}</span>;
  return (
    <a href={target} rel="noopener noreferrer nofollow" target="_blank" title={target}>
      {text}
    </a>
  );
}

function list({ ordered, start, items }: Tokens.List, depth: number): ReactNode {
  const points = (
    <InOrder of={items}>
      {(item) => (
        <li dir="auto">
          <Tokens tokens={item.tokens} depth={depth} />
        </li>
      )}
    </InOrder>
  );
  return ordered ? <ol start={start === "" ? undefined : start}>{points}</ol> : <ul>{points}</ul>;
}

function table({ header, rows }: Tokens.Table, depth: number): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it may scroll sideways, and keys must reach that
    <div className={styles.wide} role="region" aria-label="Table in the text" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <InOrder of={header}>
              {(cell) => (
                <th scope="col">
                  <Tokens tokens={cell.tokens} depth={depth} />
                </th>
              )}
            </InOrder>
          </tr>
        </thead>
        <tbody>
          <InOrder of={rows}>
            {(row) => (
              <tr>
                <InOrder of={row}>
                  {(cell) => (
                    <td>
                      <Tokens tokens={cell.tokens} depth={depth} />
                    </td>
                  )}
                </InOrder>
              </tr>
            )}
          </InOrder>
        </tbody>
      </table>
    </div>
  );
}
