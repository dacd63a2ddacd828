// What the measurements of the pages share: a browser with an empty cache, what a page loaded, and figures as table and JSON.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

const { chromium } = createRequire(new URL("../../web/", import.meta.url))("playwright-core");

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const QUIET_MS = 500;

/** The options every measurement takes, and those of its own, as `parseArgs` wants them. */
export function options(own = {}) {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: "http://127.0.0.1:6006" },
      project: { type: "string" },
      runs: { type: "string", default: "3" },
      json: { type: "string" },
      chromium: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" },
      ...own,
    },
  });
  return { ...values, url: values.url.replace(/\/$/, ""), runs: Number(values.runs) };
}

/** Run with one Chromium, and end it whatever happens. */
export async function withBrowser({ chromium: executablePath }, use) {
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/**
 * A visitor with an empty cache and nothing remembered. `requests` are those that left the page so far; `preferences` are
 * what the visitor chose earlier, such as a name; `network` limits the connection: `{ megabits, latencyMs }`.
 */
export async function visitor(browser, url, { preferences, network, ...context } = {}) {
  const visit = await browser.newContext({ baseURL: url, viewport: { width: 1440, height: 900 }, ...context });
  if (preferences) await visit.addInitScript((kept) => localStorage.setItem("rubricate:preferences", kept), JSON.stringify(preferences));
  await visit.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask", buffered: true });
  });
  const page = await visit.newPage();
  if (network) {
    const throughput = (network.megabits * 1e6) / 8;
    const client = await visit.newCDPSession(page);
    await client.send("Network.enable");
    await client.send("Network.emulateNetworkConditions", { offline: false, latency: network.latencyMs, downloadThroughput: throughput, uploadThroughput: throughput });
  }
  const requests = [];
  page.on("request", (request) => requests.push({ method: request.method(), url: request.url(), at: Date.now() }));
  return { page, requests, close: () => visit.close() };
}

/** Milliseconds from the start of the navigation until the page has painted what the selector finds. */
export async function appearedAt(page, selector, timeout = 60_000) {
  const handle = await page.waitForFunction((wanted) => document.querySelector(wanted) !== null && performance.now(), selector, { polling: "raf", timeout });
  return handle.jsonValue();
}

/** Milliseconds from an act until a condition holds, both on the page's clock. `condition` is a function for the page. */
export async function actUntil(page, act, condition, argument, timeout = 60_000) {
  const start = await page.evaluate(() => performance.now());
  await act();
  const handle = await page.waitForFunction(condition, argument, { polling: "raf", timeout });
  await handle.dispose();
  return (await page.evaluate(() => performance.now())) - start;
}

/** When the last answer had come, in milliseconds on the page's clock, once nothing has come for half a second. */
export async function settledAt(page) {
  const handle = await page.waitForFunction(
    (quiet) => {
      const ends = performance.getEntriesByType("resource").map(({ responseEnd }) => responseEnd);
      const last = Math.max(performance.getEntriesByType("navigation")[0].responseEnd, ...ends);
      return performance.now() - last > quiet && document.querySelector("[aria-busy=true]") === null && last;
    },
    QUIET_MS,
    { polling: 100, timeout: 120_000 },
  );
  return handle.jsonValue();
}

/**
 * What a page loaded: requests, calls of the API, kilobytes of JavaScript as gzip makes them (to this machine the server
 * sends them as they are, to others compressed), other hosts.
 */
export async function traffic(page, requests) {
  const { origin } = new URL(page.url());
  const scripts = requests.map(({ url }) => url).filter((url) => url.startsWith(origin) && new URL(url).pathname.endsWith(".js"));
  const kilobytes = await Promise.all([...new Set(scripts)].map(gzipSize));
  return {
    requests: requests.length,
    calls: requests.filter(({ url }) => new URL(url).pathname.startsWith("/v1/")).length,
    js_kb: Math.round(kilobytes.reduce((sum, size) => sum + size, 0) / 1000),
    other_hosts: requests.filter(({ url }) => new URL(url).origin !== origin).length,
  };
}

/** What a page cost the browser so far: tasks longer than 50 ms together, and megabytes on the heap. */
export async function effort(page) {
  return page.evaluate(() => ({
    "long tasks ms": window.longTasks.reduce((sum, duration) => sum + duration, 0),
    "heap MB": performance.memory.usedJSHeapSize / 1e6,
  }));
}

const sizes = new Map();

async function gzipSize(url) {
  if (!sizes.has(url)) sizes.set(url, gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())).length);
  return sizes.get(url);
}

/** The q-quantile (0 to 1) of numbers, nearest rank. */
export function quantile(numbers, q) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

/** The JSON that the server answers to a GET. */
export async function ask(url, path) {
  const answer = await fetch(`${url}${path}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Print rows (objects with the same keys) as a table, and keep them as JSON where `--json` says. */
export function report(title, rows, { json, ...about } = {}) {
  const keys = [...new Set(rows.flatMap(Object.keys))];
  const table = [keys, ...rows.map((row) => keys.map((key) => shown(row[key])))];
  const widths = keys.map((_, column) => Math.max(...table.map((line) => line[column].length)));
  console.log(`\n${title}`);
  for (const line of table) console.log(line.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
  const machine = { cores: cpus().length, load: loadavg()[0], at: new Date().toISOString() };
  console.log(`${machine.cores} cores, load ${machine.load.toFixed(1)} in the last minute`);
  if (json) writeFileSync(json, `${JSON.stringify({ title, ...about, machine, rows }, null, 2)}\n`);
}

function shown(value) {
  if (value === undefined || value === null) return "–";
  return typeof value === "number" ? String(Math.round(value * 10) / 10) : String(value);
}
