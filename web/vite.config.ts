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

/** Large or rare, so that it stays a file of its own, however many pages use it. */
const APART = /[\\/](marked|react-virtual|virtual-core|Markdown|FirstSpan|firstSpanSnippets|Snippet)\b/;

type Modules = { getModuleInfo: (id: string) => { isEntry: boolean; importers: string[]; dynamicImporters: string[] } | null };

/** Whether the application begins with a module, or more than one page uses it: all of that is one file, so that a link to a page is two. */
function isCore(id: string, modules: Modules): boolean {
  if (id.includes("rolldown/runtime")) return true;
  if (APART.test(id)) return false;
  const users = new Set([id]);
  for (const user of users) for (const importer of modules.getModuleInfo(user)?.importers ?? []) users.add(importer);
  const infos = [...users].map((user) => modules.getModuleInfo(user));
  const pages = infos.filter((info) => info?.dynamicImporters.some((importer) => importer.endsWith("/App.tsx")));
  return pages.length > 1 || infos.some((info) => info?.isEntry);
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
        codeSplitting: { groups: [{ debugName: "core", name: (id, modules) => (isCore(id, modules) ? "core" : null) }] },
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
