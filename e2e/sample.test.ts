import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { barriers, picture, visit } from "./browser";
import { type Server, startServer } from "./server";

let server: Server;
beforeAll(async () => {
  server = await startServer("--sample");
});
afterAll(() => server?.stop());

test("from the projects to the newest spans of one", async () => {
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);

  await page.goto("/");
  await page.getByRole("heading", { level: 1, name: "Projects" }).waitFor();
  const project = page.getByRole("main").getByRole("link").first();
  const name = await project.innerText();
  await picture(page, "projects");
  await project.click();

  await page.getByRole("heading", { level: 1, name }).waitFor();
  const rows = page.getByRole("table", { name: "Newest spans" }).getByRole("row");
  await rows.nth(1).waitFor();
  expect(await rows.nth(0).innerText()).toMatch(/Name\s+Kind\s+Status\s+Started\s+Latency\s+Input\s+Output/);
  expect(await rows.nth(1).getByRole("cell").nth(3).innerText()).toMatch(/^\d.* (ms|s|min|h)$/);
  expect(await page.title()).toBe(`${name} · Rubricate`);
  await picture(page, "spans");
  expect(complaints).toEqual([]);
});

test("the next page shows the older spans, and Back shows the newer again", async () => {
  await send("long", 101);
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto("/p/long");
  const rows = page.getByRole("rowheader");
  await rows.nth(99).waitFor();

  await page.getByRole("link", { name: "Next page" }).click();
  await page.getByRole("link", { name: "Newest" }).waitFor();
  await page.locator("table[aria-busy=false]").waitFor();
  expect(await rows.allInnerTexts()).toEqual(["span 0"]);

  await page.goBack();
  await rows.nth(99).waitFor();
  expect(await rows.first().innerText()).toBe("span 100");
  expect(complaints).toEqual([]);
});

test.each([
  { colorScheme: "light", width: 1440 },
  { colorScheme: "dark", width: 1440 },
  { colorScheme: "light", width: 390 },
  { colorScheme: "dark", width: 390 },
  { colorScheme: "light", width: 320 },
] as const)("no page has a barrier in $colorScheme at $width", async ({ colorScheme, width }) => {
  const { page, close } = await visit(server.origin, { colorScheme, viewport: { width, height: 800 } });
  onTestFinished(close);

  await page.goto("/");
  const project = page.getByRole("main").getByRole("link").first();
  await project.waitFor();
  expect(await barriers(page)).toEqual([]);

  await project.click();
  await page.getByRole("table").waitFor();
  await picture(page, `spans-${colorScheme}-${width}`);
  expect(await barriers(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
});

test("the keyboard skips to the content", async () => {
  const { page, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto("/");
  await page.getByRole("main").getByRole("link").first().waitFor();

  await page.keyboard.press("Tab");
  expect(await page.locator(":focus").innerText()).toBe("Skip to the content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  expect(await page.locator("main :focus").getAttribute("href")).toMatch(/^\/p\//);
});

test("a project that is not there is told, with a way on", async () => {
  const { page, close } = await visit(server.origin);
  onTestFinished(close);

  await page.goto("/p/no-such-project");

  const alert = page.getByRole("alert");
  await alert.waitFor();
  expect(await alert.innerText()).toMatch(/no-such-project|not found/i);
  expect(await alert.getByRole("button", { name: "Try again" }).isVisible()).toBe(true);
  expect(await barriers(page)).toEqual([]);
});

test("an address that leads nowhere says so", async () => {
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);

  await page.goto("/no/such/page");

  await page.getByRole("heading", { level: 1, name: "There is no such page" }).waitFor();
  expect(complaints).toEqual([]);
});

/** Spans "span 0" (the oldest), "span 1" … of a project. */
async function send(project: string, count: number): Promise<void> {
  const spans = Array.from({ length: count }, (_, number) => ({
    name: `span ${number}`,
    context: { trace_id: hex(32, 1), span_id: hex(16, number + 1) },
    start_time: new Date(Date.UTC(2026, 10, 23, 12, 0, number)).toISOString(),
    end_time: new Date(Date.UTC(2026, 10, 23, 12, 0, number + 1)).toISOString(),
  }));
  const answer = await fetch(`${server.origin}/v1/projects/${project}/spans`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: spans }),
  });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}

function hex(digits: number, number: number): string {
  return number.toString(16).padStart(digits, "0");
}
