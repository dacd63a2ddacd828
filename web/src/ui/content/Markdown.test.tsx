import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";

import { Markdown } from "./Markdown";

const html = (text: string) => renderToStaticMarkup(<Markdown text={text} />);

test.each([
  ["a script", "Hi <script>alert(1)</script>", "<script"],
  ["a block of HTML", '<div onclick="alert(1)"><img src=x onerror=alert(1)></div>', "<img"],
  ["an image elsewhere", "![x](https://host/track.png)", "<img"],
  ["a picture that could run", "![x](data:image/svg+xml;base64,PHN2Zz4=)", "<img"],
  ["a link that runs", "[click](javascript:alert(1))", "href"],
  ["a link that runs, spelled apart", "[click](java&#115;cript:alert(1))", "href"],
  ["an autolink that runs", "<javascript:alert(1)>", "href"],
  ["a link by reference", "[click][1]\n\n[1]: javascript:alert(1)", "href"],
  ["an attribute in a title", '[click](https://host "\\" onmouseover=alert(1) x=\\"")', 'onmouseover="'],
])("%s stays text", (_, text, never) => {
  expect(html(text)).not.toContain(never);
});

test("what Markdown is for comes out as elements", () => {
  const shown = html("# Head\n\nA **b** _i_ `c` ~~d~~ [l](https://host/a) a&amp;b\n\n1. one\n2. two\n\n- [x] done\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quote\n\n```py\nx < y\n```\n\n---");
  for (const part of ["<strong>b</strong>", "<em>i</em>", "<code>c</code>", "<del>d</del>", 'href="https://host/a"', "a&amp;b", "<ol", "☑", "<td>2</td>", "<blockquote>", "x &lt; y", "<hr/>"]) {
    expect(shown).toContain(part);
  }
  expect(shown).toContain('rel="noopener noreferrer nofollow"');
  expect(shown).not.toMatch(/<h\d/);
});

test("quotes within quotes, thousands deep, cost no page", () => {
  expect(html(`${">".repeat(5000)} deep`)).toContain("deep");
});
