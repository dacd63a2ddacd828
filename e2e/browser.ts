import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { type Browser, type BrowserContextOptions, chromium, type Page, type Route } from "playwright-core";
import { afterAll } from "vitest";

/** Debian's Chromium, as root and in a closed network: no sandbox of its own, no calls home. */
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const AXE = fileURLToPath(new URL("../web/node_modules/axe-core/axe.min.js", import.meta.url));
const RESULTS = fileURLToPath(new URL("../test-results/", import.meta.url));

/** Holds each question to the API back for up to so many milliseconds, at random: a test that asserts before the answer is there fails here, and not on somebody's slow day. */
const SLOW_MS = Number(process.env.RUBRICATE_E2E_SLOW_MS ?? 0);

export type Visit = { page: Page; complaints: string[]; close: () => Promise<void> };

/** One for each file of journeys: starting it takes longer than many a journey. */
let chromiumAtWork: Promise<Browser> | null = null;
afterAll(async () => (await chromiumAtWork)?.close());

/** A blank page that shares nothing with others: no cookies, no storage, no cache. `complaints` gathers what went wrong behind the page's back. */
export async function visit(origin: string, options: BrowserContextOptions = {}): Promise<Visit> {
  chromiumAtWork ??= chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const context = await (await chromiumAtWork).newContext({ baseURL: origin, viewport: { width: 1440, height: 900 }, ...options });
  if (SLOW_MS > 0) await context.route(/\/(v1|auth)\//, later);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin)) complaints.push(`third party: ${request.url()}`);
  });
  return {
    page,
    complaints,
    close: () => context.close(),
  };
}

async function later(route: Route): Promise<void> {
  await sleep(Math.random() * SLOW_MS);
  await route.continue().catch(() => undefined); // the page has gone meanwhile
}

/** What axe finds wrong with the page for people with a screen reader, a keyboard, or weak eyes. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(AXE, "utf8")); // not as a script tag: the page's security policy forbids strangers
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

type Axe = { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };

/** A picture for people to look at, in test-results/. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(RESULTS, `${name}.png`) });
}
