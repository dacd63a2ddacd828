// What a review costs the reviewer and the network: rows 1–11 and 19 of the goals.
// node benchmarks/ui/review.mjs --url http://127.0.0.1:6006 [--items 200] [--gap 60] [--json out.json]
// Makes a project of its own on that server, with two rubrics, and leaves it there.
import { setTimeout as sleep } from "node:timers/promises";

import { ask, options, quantile, report, traffic, visitor, withBrowser } from "./lib.mjs";

const given = options({ items: { type: "string", default: "200" }, gap: { type: "string", default: "60" } });
const { url, json } = given;
const items = Number(given.items);
const gap = Number(given.gap);
const project = `bench-review-${Date.now()}`;
const correctness = `${project}-correctness`;
const helpfulness = `${project}-helpfulness`;
const preferences = { person: "Bench" };
const LABELS = ["correct", "partial", "incorrect"];
const DOCUMENTS = 4;

await prepare(items + 60);
const rows = [];
await withBrowser(given, async (browser) => {
  await keysAndClicks(browser);
  await typedAhead(browser);
  await atRest(browser);
  await widths(browser);
});
report(`Review of ${items} traces with ${DOCUMENTS} documents each`, rows, { json, url, items, gap });

/** Rows 1 to 5: done with so many keys or clicks, and checked against what the server then holds. */
async function keysAndClicks(browser) {
  const { page, close } = await visitor(browser, url, { preferences });
  let presses = 0;
  const press = async (...keys) => {
    for (const key of keys) {
      presses += 1;
      await page.keyboard.press(key);
    }
  };
  const counted = async (goal, what, act) => {
    const before = presses;
    const item = await shownItem(page);
    await act();
    await moved(page, item);
    rows.push({ goal, what, value: presses - before });
  };

  await open(page, `rubrics=${correctness}`);
  await counted(1, "keys, label and next", () => press("2"));
  await counted(3, "keys, label, next and a reason of 10 letters", () => press("r", ..."ten letter", "Escape", "3"));
  let clicks = 0;
  const item = await shownItem(page);
  await page.getByText("partial", { exact: true }).click();
  clicks += 1;
  await moved(page, item);
  rows.push({ goal: 4, what: "clicks, label and next", value: clicks });

  await press("d");
  const before = presses;
  for (let place = 0; place < DOCUMENTS; place += 1) await press(String((place % 2) + 1));
  await saved(page);
  const judged = (await annotations("identifier=app:Bench")).filter(({ target }) => target.kind === "document").length;
  rows.push({ goal: 5, what: "keys for each document", value: (presses - before) / judged });

  await open(page, `rubrics=${correctness},${helpfulness}`);
  await counted(2, "keys, label, rating and next", () => press("1", "4"));
  await saved(page);
  await close();
}

/** Rows 6 to 8, 10 and 11: answers typed ahead. */
async function typedAhead(browser) {
  const others = JSON.stringify((await annotations("annotator_kind=LLM")).toSorted((one, other) => one.id.localeCompare(other.id)));
  const { page, requests, close } = await visitor(browser, url, { preferences: { person: "Fast" } });
  await open(page, `rubrics=${correctness}`);
  const { js_kb, other_hosts } = await traffic(page, requests);
  const calls = requests.filter(({ method }) => method === "GET").length;
  await page.evaluate(() => {
    globalThis.painted = [];
    let pressedAt = 0;
    addEventListener("keydown", (event) => (pressedAt = event.timeStamp), true);
    new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => globalThis.painted.push(performance.now() - pressedAt)))).observe(document.querySelector("[data-item]"), { attributeFilter: ["data-item"] });
  });

  const wanted = new Map();
  for (let done = 0; done < items; done += 1) {
    const started = performance.now();
    const digit = (done * 7) % 3;
    wanted.set(await shownItem(page), LABELS[digit]);
    await page.keyboard.press(String(digit + 1));
    await sleep(Math.max(0, gap - (performance.now() - started)));
  }
  await saved(page);
  const painted = await page.evaluate(() => globalThis.painted);
  const said = new Map((await annotations("identifier=app:Fast")).map(({ target, result }) => [target.id, result.label]));
  const right = [...wanted].filter(([id, label]) => said.get(id) === label).length;
  rows.push({ goal: 6, what: "next item painted after the key, p50 ms", value: quantile(painted, 0.5) });
  rows.push({ goal: 6, what: "next item painted after the key, p95 ms", value: quantile(painted, 0.95) });
  rows.push({ goal: 7, what: `of ${items} answers ${gap} ms apart, on the right item`, value: right });
  rows.push({ goal: 7, what: "answers on a wrong item", value: [...said].filter(([id, label]) => wanted.get(id) !== label).length });
  rows.push({ goal: 8, what: "calls of the API for each item, saving left out", value: Math.round((1000 * (requests.filter(({ method, url: asked }) => method === "GET" && asked.includes("/v1/")).length - calls)) / items) / 1000 });
  const after = JSON.stringify((await annotations("annotator_kind=LLM")).toSorted((one, other) => one.id.localeCompare(other.id)));
  rows.push({ goal: 10, what: "records of others changed", value: others === after ? 0 : 1 });
  rows.push({ goal: 11, what: "JavaScript of the review screen, KB gzip", value: js_kb });
  rows.push({ goal: 11, what: "requests to other hosts", value: other_hosts });
  await close();
}

/** Row 9: one answer at a time. */
async function atRest(browser) {
  const { page, close } = await visitor(browser, url, { preferences: { person: "Slow" } });
  await open(page, `rubrics=${correctness}`);
  await page.evaluate(() => {
    globalThis.pressed = [];
    addEventListener("keydown", (event) => globalThis.pressed.push(event.timeStamp), true);
  });
  for (let done = 0; done < 30; done += 1) {
    await page.keyboard.press("1");
    await sleep(250);
  }
  await saved(page);
  const { pressed, saves } = await page.evaluate(() => ({
    pressed: globalThis.pressed,
    saves: performance
      .getEntriesByType("resource")
      .filter(({ name }) => name.endsWith("/v1/annotations"))
      .map(({ startTime, responseEnd }) => ({ startTime, responseEnd })),
  }));
  const first = pressed.map((at) => ({ at, save: saves.find(({ startTime }) => startTime >= at) })).filter(({ save }) => save);
  rows.push({ goal: 9, what: "key to request, p95 ms", value: quantile(first.map(({ at, save }) => save.startTime - at), 0.95) });
  rows.push({ goal: 9, what: "key to confirmation, p95 ms", value: quantile(first.map(({ at, save }) => save.responseEnd - at), 0.95) });
  await close();
}

async function widths(browser) {
  for (const width of [1440, 1280]) {
    const { page, close } = await visitor(browser, url, { preferences: { person: "Wide" }, viewport: { width, height: 900 } });
    await open(page, `rubrics=${correctness}`);
    rows.push({ goal: 19, what: `content width at ${width}, px`, value: (await page.getByRole("region", { name: "Item" }).boundingBox()).width });
    await close();
  }
}

async function open(page, query) {
  await page.goto(`/p/${project}/review/adhoc?level=trace&${query}`);
  await page.locator("[data-item]").waitFor();
  await page.waitForLoadState("networkidle");
}

function shownItem(page) {
  return page.locator("[data-item]").getAttribute("data-item");
}

async function moved(page, before) {
  await page.waitForFunction((item) => document.querySelector("[data-item]")?.dataset.item !== item, before);
}

async function saved(page) {
  await page.getByText("All saved").waitFor();
}

async function annotations(query) {
  return (await ask(url, `/v1/projects/${project}/annotations?limit=1000&${query}`)).data;
}

/** Traces of four steps with documents, a judge's answer for each, and two rubrics. */
async function prepare(count) {
  const words = "Exports over five gigabytes arrive as a signed link that is valid for three days. ";
  const spans = Array.from({ length: count }, (_, place) => {
    const trace_id = `${Date.now().toString(16).padStart(16, "0")}${place.toString(16).padStart(16, "0")}`;
    const at = (ms) => new Date(Date.UTC(2026, 10, 1, 0, place) + ms).toISOString();
    const span = (number, name, span_kind, from, to, attributes) => ({
      name,
      span_kind,
      context: { trace_id, span_id: `${trace_id.slice(6, 16)}${(place * 4 + number).toString(16).padStart(6, "0")}` },
      ...(number === 0 ? {} : { parent_id: `${trace_id.slice(6, 16)}${(place * 4).toString(16).padStart(6, "0")}` }),
      start_time: at(from),
      end_time: at(to),
      attributes,
    });
    const documents = Object.fromEntries(
      Array.from({ length: DOCUMENTS }, (__, number) => [
        [`retrieval.documents.${number}.document.content`, words.repeat(4)],
        [`retrieval.documents.${number}.document.id`, `kb-${number}`],
        [`retrieval.documents.${number}.document.score`, 0.9 - number / 10],
      ]).flat(),
    );
    const messages = Object.fromEntries(
      Array.from({ length: 8 }, (__, number) => [
        [`llm.input_messages.${number}.message.role`, number === 0 ? "system" : number % 2 ? "user" : "assistant"],
        [`llm.input_messages.${number}.message.content`, words.repeat(3)],
      ]).flat(),
    );
    return [
      span(0, "support_chat", "CHAIN", 0, 1400, { "input.value": `Question ${place}: ${words}`, "output.value": `Answer ${place}. ${words.repeat(6)}` }),
      span(1, "search", "RETRIEVER", 10, 110, { "input.value": "query", ...documents }),
      span(2, "embed", "EMBEDDING", 10, 60, { "input.value": "query" }),
      span(3, "ask", "LLM", 120, 1390, { "llm.model_name": "gpt-4o-mini", "output.value": words, ...messages }),
    ];
  });
  for (let from = 0; from < count; from += 50) await send("POST", `/v1/projects/${project}/spans`, { data: spans.slice(from, from + 50).flat() });
  const judged = spans.map(([root]) => ({
    target: { kind: "trace", id: root.context.trace_id },
    name: correctness,
    annotator_kind: "LLM",
    identifier: "judge",
    source: "API",
    result: { label: "correct", score: 1, explanation: "As the articles say." },
  }));
  await send("PUT", "/v1/annotations", { data: judged });
  const values = LABELS.map((label, place) => ({ label, score: 1 - place / 2 }));
  await rubric({ name: correctness, type: "CATEGORICAL", optimization_direction: "MAXIMIZE", values });
  await rubric({ name: helpfulness, type: "CONTINUOUS", optimization_direction: "MAXIMIZE", lower_bound: 1, upper_bound: 5 });
}

async function rubric(form) {
  const { data } = await send("POST", "/v1/annotation_configs", form);
  await send("PUT", `/v1/projects/${project}/annotation_configs/${data.id}`);
}

async function send(method, path, body) {
  const answer = await fetch(`${url}${path}`, { method, ...(body ? { headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {}) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.headers.get("content-type")?.includes("json") ? answer.json() : null;
}
