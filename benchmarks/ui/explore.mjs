// How fast people find something: cold pages, filters, and the keys of the list, on any server with data.
//
//   node benchmarks/ui/explore.mjs --url http://127.0.0.1:6006 --project support-bot --runs 5 --json explore.json
//
// Every visit has an empty cache. `rows`: the first row is painted; `settled`: the last answer has come, counts too.
import { actUntil, appearedAt, ask, effort, options, quantile, report, settledAt, traffic, visitor, withBrowser } from "./lib.mjs";

const given = options({
  text: { type: "string", default: "refund" },
  slow: { type: "boolean", default: false }, // over 10 Mbit/s with 40 ms of latency
  name: { type: "string" }, // of annotations; the first that the project has
});
const SLOW = { megabits: 10, latencyMs: 40 };
const ROW = "[role=row][data-id]";
const NONE = "[aria-label=Results] ul"; // nothing matches, and how much would without each condition

const project = given.project ?? (await ask(given.url, "/v1/projects")).data[0].name;
const explore = (search) => `/p/${encodeURIComponent(project)}/explore?${new URLSearchParams(search)}`;
const [trace] = (await ask(given.url, `/v1/projects/${encodeURIComponent(project)}/items?target_kind=trace&limit=1`)).data;
const label = await labelFilter();

const visits = [
  ["projects", "/", "main a[href*='/p/']"],
  ["root spans", explore({}), ROW],
  ["traces", explore({ level: "trace" }), ROW],
  ["spans", explore({ level: "span" }), ROW],
  ["sessions", explore({ level: "session" }), ROW],
  ["traces, text", explore({ level: "trace", f: `'${given.text}' in input` }), `${ROW}, ${NONE}`],
  ["spans, text", explore({ level: "span", f: `'${given.text}' in input.value` }), `${ROW}, ${NONE}`],
  ...(label === null ? [] : [["spans, label", explore({ level: "span", f: label }), ROW]]),
  ["spans, nothing matches", explore({ level: "span", f: "name == 'no such name'" }), NONE],
  ["link to a trace", `/p/${encodeURIComponent(project)}/t/${trace.id}`, "h1"],
];

await withBrowser(given, async (browser) => {
  const cold = [];
  for (const [name, path, selector] of visits) cold.push(await measured(browser, name, path, selector));
  report(`Cold visits, median of ${given.runs} (ms)`, cold, { json: given.json, url: given.url, project });
  report("In the list (ms)", [await keys(browser)]);
});

async function measured(browser, name, path, selector) {
  const rows = [];
  const settled = [];
  const efforts = [];
  let loaded = {};
  for (let run = 0; run < given.runs; run += 1) {
    const { page, requests, close } = await visitor(browser, given.url, given.slow ? { network: SLOW } : {});
    try {
      await page.goto(path, { waitUntil: "commit" });
      rows.push(await appearedAt(page, selector));
      settled.push(await settledAt(page));
      efforts.push(await effort(page));
      loaded = await traffic(page, requests);
    } catch (error) {
      console.error(`${name}: ${String(error).split("\n")[0]}`);
    } finally {
      await close();
    }
  }
  if (rows.length === 0) return { visit: name };
  const cost = Object.fromEntries(Object.keys(efforts[0]).map((key) => [key, quantile(efforts.map((each) => each[key]), 0.5)]));
  return { visit: name, rows: quantile(rows, 0.5), "rows worst": Math.max(...rows), settled: quantile(settled, 0.5), ...cost, ...loaded };
}

/** From a key to the row that it leads to, and from Enter in the filter to the rows that it finds. */
async function keys(browser) {
  const { page, close } = await visitor(browser, given.url);
  await page.goto(explore({ level: "span" }), { waitUntil: "commit" });
  await appearedAt(page, ROW);
  await page.keyboard.press("j");
  const steps = [];
  for (let step = 0; step < 50; step += 1) {
    const before = await page.evaluate(() => document.activeElement.getAttribute("aria-rowindex"));
    steps.push(await actUntil(page, () => page.keyboard.press("j"), (index) => document.activeElement.getAttribute("aria-rowindex") !== index, before));
  }
  await page.keyboard.press("/");
  await page.keyboard.type("status_code == 'ERROR'");
  const first = await page.evaluate((row) => document.querySelector(row).getAttribute("data-id"), ROW);
  const filtered = await actUntil(
    page,
    () => page.keyboard.press("Enter"),
    ([row, id]) => document.querySelector("[aria-busy=true]") === null && document.querySelector(row)?.getAttribute("data-id") !== id,
    [ROW, first],
  );
  const heap = await page.evaluate(() => performance.memory?.usedJSHeapSize / 1e6);
  await close();
  return { "j p50": quantile(steps, 0.5), "j p95": quantile(steps, 0.95), "filter to rows": filtered, "heap MB": heap };
}

/** A filter for the commonest label of a name of annotations. */
async function labelFilter() {
  const values = async (field) => (await ask(given.url, `/v1/projects/${encodeURIComponent(project)}/filter/values?${new URLSearchParams({ target_kind: "span", field })}`)).values;
  for (const { value } of given.name ? [{ value: given.name }] : await values("annotations")) {
    const field = `annotations['${value}'].label`;
    const [commonest] = await values(field);
    if (commonest) return `${field} == '${commonest.value}'`;
  }
  return null;
}
