import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const server = process.env.RUBRICATE_URL ?? "http://127.0.0.1:6006";

/** Puts the one style sheet into the document: one request less before the first paint, and no moment without looks. */
function stylesInside(): Plugin {
  return {
    name: "styles-inside",
    enforce: "post",
    generateBundle(_, bundle) {
      const document = bundle["index.html"];
      if (document?.type !== "asset") return;
      for (const [name, sheet] of Object.entries(bundle)) {
        if (sheet.type !== "asset" || !name.endsWith(".css")) continue;
        const link = new RegExp(`<link rel="stylesheet"[^>]*${name}">`);
        document.source = String(document.source).replace(link, () => `<style>${String(sheet.source)}</style>`);
        delete bundle[name];
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), stylesInside()],
  base: "/",
  build: {
    outDir: "../server/src/rubricate_server/static",
    emptyOutDir: true, // it lies outside of web/, so Vite wants to be told
    assetsInlineLimit: 0, // files, not data: URLs, so that a strict content security policy holds
    target: "es2023",
    modulePreload: { polyfill: false }, // every browser with what the page needs has it
    cssCodeSplit: false, // one small sheet, which stylesInside puts into the document
    rolldownOptions: {
      output: {
        codeSplitting: {
          // A page is one file, and what pages share is one more: a link into the middle of the application is a handful
          // of requests. What is large or rare, and what the review screen does without, is not shared.
          groups: [
            // What others wrote, apart: left to `shared`, a part of it lands now and then in the entry, which then waits for
            // itself ("Class extends value undefined").
            { name: "vendor", test: /node_modules[\\/](react|react-dom|react-router|scheduler|openapi-fetch|@tanstack[\\/](react-query|query-core))[\\/]/, priority: 1 },
            { name: "shared", test: /^(?!.*(features|FirstSpan|Snippet|Select|Markdown|marked|virtual|insight|Annotation(History|Table)|AnswerStrip|NoRubric|preset|api.(annotation|live|project|account)\.|EmptyState|ui.time|Timestamp|SpanStatus|ui.Choice))/, minShareCount: 2 },
            { name: "labels", test: /Annotation(History|Table)|AnswerStrip|NoRubric|preset|Select|api.(annotation|live|project)\.|EmptyState|ui.time|Timestamp|SpanStatus|ui.Choice/, minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { "/v1": server, "/auth": server },
  },
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
  },
});
