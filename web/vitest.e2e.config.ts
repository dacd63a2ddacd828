import { fileURLToPath } from "node:url";

import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Browser journeys live in e2e/ at the root, because they test the whole house; their tools live here. */
export default defineConfig({
  root: at("../e2e"),
  resolve: { alias: { "playwright-core": at("node_modules/playwright-core/index.mjs") } },
  test: {
    include: ["**/*.test.ts"],
    fileParallelism: false, // each file starts a server and a browser; CI has two cores
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } }, // it is one second otherwise, which a busy machine may need for a request
    hookTimeout: 120_000,
  },
});
