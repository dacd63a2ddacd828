import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.RUBRICATE_URL ?? "http://127.0.0.1:6006";

export default defineConfig({
  plugins: [react()],
  base: "/",
  build: {
    outDir: "../server/src/rubricate_server/static",
    emptyOutDir: true, // it lies outside of web/, so Vite wants to be told
    assetsInlineLimit: 0, // files, not data: URLs, so that a strict content security policy holds
    target: "es2023",
    cssCodeSplit: false, // one small file is one request, and no page is painted without its looks
    rolldownOptions: {
      output: {
        // What pages share is one file, not one for each pair of them: a deep link is a handful of requests.
        codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { "/v1": server },
  },
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
  },
});
