import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { barriers, picture, visit } from "./browser";
import { type Server, startServer } from "./server";

let server: Server;
beforeAll(async () => {
  server = await startServer("--sample");
});
afterAll(() => server?.stop());

test("the overview tells of quality and traffic, and a cell of the matrix opens exactly its items", async () => {
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto("/p/support-bot");

  const matrix = page.getByRole("region", { name: "Where do judges differ from people on correctness?" }).getByRole("table");
  await matrix.waitFor();
  const cell = matrix.getByRole("row", { name: /^✓? ?correct/ }).getByRole("cell").nth(1).getByRole("link");
  const count = Number.parseInt(await cell.innerText(), 10);
  expect(count).toBeGreaterThan(0);
  await page.getByText(/They agree on \d+ % \(\d+–\d+ %\) of \d+ targets; Cohen's κ/).waitFor();
  const address = new URL((await cell.getAttribute("href")) ?? "", server.origin);
  const query = new URLSearchParams({ target_kind: address.searchParams.get("level") ?? "", filter: address.searchParams.get("f") ?? "" });
  const items = await fetch(`${server.origin}/v1/projects/support-bot/items/count?${query}`);
  expect(await items.json()).toEqual({ count, exact: true });
  expect(complaints).toEqual([]);
});

test.each([
  ["correctness:span", "span"],
  ["relevance:document", "span"],
  ["triage:trace", "trace"],
  ["resolved:session", "session"],
])("a point of %s opens what it stands for", async (rubric, kind) => {
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto(`/p/support-bot?rubric=${rubric}`);
  const chart = page.getByRole("region", { name: /getting better/ }).first();
  const point = chart.locator("svg circle").first();
  await point.waitFor();

  await point.click({ force: true });

  await page.waitForURL(/explore/);
  const search = new URL(page.url()).searchParams;
  expect(search.get("level")).toBe(kind);
  const query = new URLSearchParams({ target_kind: kind, filter: search.get("f") ?? "", start_time: search.get("from") ?? "", end_time: search.get("to") ?? "" });
  const { count } = (await (await fetch(`${server.origin}/v1/projects/support-bot/items/count?${query}`)).json()) as { count: number };
  expect(count).toBeGreaterThan(0);
  await expect.poll(() => page.getByText(new RegExp(`^${count} ${kind}s?$`)).count()).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
});

test("a change is told when there is one, not when the stream of changes begins before anything was read", async () => {
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);
  const listening = page.waitForResponse("**/v1/events");
  await page.route(/\/v1\/projects/, async (route) => {
    await listening;
    await sleep(500);
    await route.continue();
  });
  await page.goto("/p/support-bot");
  await page.getByText(/They agree on/).waitFor();
  const changed = page.getByRole("button", { name: "Something changed: show it" });
  expect(await changed.count()).toBe(0);

  const answer = await fetch(`${server.origin}/v1/projects/support-bot/items?target_kind=trace&limit=1`);
  const [newest] = ((await answer.json()) as { data: { id: string }[] }).data;
  const said = { target: { kind: "trace", id: newest?.id }, name: "told", annotator_kind: "CODE", identifier: "", result: { score: 1 } };
  await fetch(`${server.origin}/v1/annotations`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ data: [said] }) });
  await changed.waitFor();
  expect(complaints).toEqual([]);
});

test("scores show how they are spread, and a score opens what has it", async () => {
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto("/p/support-bot?rubric=helpfulness:span");
  const spread = page.getByRole("region", { name: /^How are the scores of helpfulness spread/ }).first();
  await spread.getByRole("img", { name: /^person: median .*, n = \d+$/ }).waitFor();
  expect(await barriers(page)).toEqual([]);

  await spread.getByText("As a table").focus();
  await page.keyboard.press("Enter");
  const row = spread.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "5", exact: true }) });
  expect(Number(await row.getByRole("cell").innerText())).toBeGreaterThan(0);
  await row.getByRole("link").focus();
  await page.keyboard.press("Enter");

  await page.waitForURL(/explore/);
  expect(new URL(page.url()).searchParams.get("f")).toBe("annotations['helpfulness'].score >= 4.5 and annotations['helpfulness'].score <= 5.5");
  await expect.poll(() => page.getByText(/^[1-9]\d* spans?$/).count()).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
});

test("every chart says the same in a table", async () => {
  const { page, close } = await visit(server.origin);
  onTestFinished(close);
  const asked = page.waitForRequest((request) => new URL(request.url()).pathname.endsWith("/span_series"));
  await page.goto("/p/support-bot");
  const traffic = page.getByRole("region", { name: "How much runs, and how much of it fails?" }).first();
  await traffic.getByText("As a table").click();

  const spans = await traffic.getByRole("row").nth(1).getByRole("cell").first().innerText();

  const series = await fetch((await asked).url()); // the same seven days, to the millisecond
  const { data } = (await series.json()) as { data: { points: { count: number }[] } };
  expect(spans).toBe(String(data.points[0]?.count));
});

test("a project without spans says how to send the first one, and offers nothing to review; when it is there, the page says so", async () => {
  await ask("/v1/projects", { name: "empty" });
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);

  await page.goto("/p/empty");

  await page.getByText("No span has arrived yet.").waitFor();
  const main = page.getByRole("main");
  expect(await main.getByRole("link", { name: "Review" }).count()).toBe(0);
  expect(await main.getByRole("link", { name: "How to send the first one" }).getAttribute("href")).toBe("/p/empty/explore");
  expect(await barriers(page)).toEqual([]);
  await sendSpan("empty", new Date());
  await page.getByText("Nothing was annotated in the last 7 days.").waitFor();
  await main.getByRole("link", { name: "Review" }).waitFor();
  expect(complaints).toEqual([]);
});

test("what is not known is said to be unknown", async () => {
  await ask("/v1/projects", { name: "new" });
  await sendSpan("new", new Date(Date.now() - 30 * 86_400_000));
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);

  await page.goto("/p/new");

  await page.getByText("Nothing was annotated in the last 7 days.").waitFor();
  await page.getByText("No span started in this time.").first().waitFor();
  expect(complaints).toEqual([]);
});

test("the range stands in the address", async () => {
  const { page, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto("/p/support-bot");

  await page.getByRole("radio", { name: "24 hours" }).check();

  await expect.poll(() => new URL(page.url()).searchParams.get("range")).toBe("24h");
  await page.reload();
  await expect.poll(() => page.getByRole("radio", { name: "24 hours" }).isChecked()).toBe(true);
});

describe.each(["light", "dark"] as const)("%s", (colorScheme) => {
  test.each([1440, 768, 390])("the overview has no barrier at %d", async (width) => {
    const { page, close } = await visit(server.origin, { colorScheme, viewport: { width, height: 900 } });
    onTestFinished(close);
    await page.goto("/p/support-bot");
    await page.getByRole("region", { name: "Where do judges differ from people on correctness?" }).getByRole("table").waitFor();
    await page.getByText("What does it use?").waitFor();

    expect(await barriers(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await picture(page, `overview-${colorScheme}-${width}`);
  });
});

async function ask(path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${server.origin}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
}

async function sendSpan(project: string, at: Date): Promise<void> {
  const [start_time, end_time] = [at.toISOString(), new Date(at.getTime() + 5).toISOString()];
  const context = { trace_id: crypto.randomUUID().replaceAll("-", ""), span_id: crypto.randomUUID().slice(-12).padStart(16, "0") };
  await ask(`/v1/projects/${project}/spans`, { data: [{ name: "a span", context, span_kind: "CHAIN", start_time, end_time, status_code: "OK" }] });
}
