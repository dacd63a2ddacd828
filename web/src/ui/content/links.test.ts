import { expect, test } from "vitest";

import { decoded, inlinePicture, linkTarget } from "./links";

test.each([
  ["https://host/a?b#c", "https://host/a?b#c"],
  ["mailto:ada@host", "mailto:ada@host"],
  ["javascript:alert(1)", null],
  ["JaVaScRiPt:alert(1)", null],
  [" java\nscript:alert(1)", null],
  ["data:text/html,<script>", null],
  ["vbscript:x", null],
  ["/relative", null],
  ["//host/a", null],
  ["file:///etc/passwd", null],
])("a link to %s", (href, target) => expect(linkTarget(href)).toBe(target));

test.each([
  ["data:image/png;base64,iVBORw0KGgo=", true],
  ["data:image/svg+xml;base64,PHN2Zz4=", false],
  ["data:text/html;base64,PHN2Zz4=", false],
  ["https://host/a.png", false],
  [null, false],
])("a picture at %s", (url, shown) => expect(inlinePicture(url)).toBe(shown ? url : null));

test("entities are characters; what is none stays", () => {
  expect(decoded("a &amp; b &lt;i&gt; &#39; &#x27; &unknown; &amp")).toBe("a & b <i> ' ' &unknown; &amp");
});
