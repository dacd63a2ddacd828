import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";

import { barriers, picture, visit } from "./browser";
import { type Server, startServer } from "./server";

let server: Server;
let isAway = false;
beforeAll(async () => {
  server = await startServer("--sample");
});
beforeEach(async () => {
  if (isAway) await back();
});
afterAll(() => server?.stop());

test("a page that did not come says so beneath the header, and goes on by itself", async () => {
  const { page, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto("/");
  await page.getByRole("main").getByRole("link", { name: "support-bot" }).waitFor();
  await page.waitForLoadState("load");
  await away();
  await page.getByRole("main").getByRole("link", { name: "support-bot" }).click();

  const alert = page.getByRole("alert");
  await alert.getByText(/the server does not answer/).waitFor();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Rubrics" }).waitFor();
  await picture(page, "away-unloaded");
  await back();

  await page.getByRole("heading", { level: 1, name: "support-bot" }).waitFor();
  expect(await alert.count()).toBe(0);
}, 60_000); // a start of a server

test.each([
  ["the overview", "/p/support-bot", /They agree on \d+ %/],
  ["a trace", "trace", "search_articles"],
  ["annotations", "/p/support-bot/annotations", "has_citation"],
  ["rubrics", "/rubrics", "correctness"],
  ["projects", "/", "support-bot"],
] as const)("what was read of %s stays when it cannot be read again, and says since when", async (what, address, text) => {
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto(address === "trace" ? `/p/support-bot/t/${await aTrace()}` : address);
  const read = page.getByRole("main").getByText(text).first();
  await read.waitFor();
  await away();
  await page.evaluate(() => window.dispatchEvent(new Event("visibilitychange"))); // what was read is read again when one looks again

  const old = page.getByRole("status").filter({ hasText: /Not refreshed since .+\. The server does not answer\./ });
  await old.waitFor();
  expect(await read.isVisible()).toBe(true);
  expect(await barriers(page)).toEqual([]);
  await picture(page, `away-${what.split(" ").at(-1)}`);
  const asked = page.waitForEvent("requestfailed", (request) => request.url().includes("/v1/") && !request.url().endsWith("/events"));
  await old.getByRole("button", { name: "Try again" }).click();
  await asked;
  await back();
  await old.getByRole("button", { name: "Try again" }).click({ timeout: 2000 }).catch(() => undefined); // it may have been told of the server before
  await expect.poll(() => old.count()).toBe(0);
  expect(await read.isVisible()).toBe(true);
  expect(complaints.filter((complaint) => complaint.startsWith("uncaught"))).toEqual([]);
}, 60_000);

test("what is gone is not shown as if it were there", async () => {
  const { page, close } = await visit(server.origin);
  onTestFinished(close);
  const trace = await aTrace();
  await page.goto(`/p/support-bot/t/${trace}`);
  await page.getByRole("treeitem").first().waitFor();

  const gone = await fetch(`${server.origin}/v1/traces/${trace}`, { method: "DELETE" });
  expect(gone.status).toBe(204);
  await page.evaluate(() => window.dispatchEvent(new Event("visibilitychange")));

  await page.getByRole("heading", { level: 1, name: "There is no such trace" }).waitFor();
  await page.getByRole("alert").getByRole("link", { name: "Look in Explore" }).click();
  await page.getByRole("grid").waitFor();
});

async function away(): Promise<void> {
  isAway = true;
  await server.halt();
}

async function back(): Promise<void> {
  await server.start();
  isAway = false;
}

async function aTrace(): Promise<string> {
  const items = (await (await fetch(`${server.origin}/v1/projects/support-bot/items?target_kind=trace&limit=1`)).json()) as { data: { id: string }[] };
  return items.data[0]!.id;
}
