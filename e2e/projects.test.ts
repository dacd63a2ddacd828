import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { barriers, picture, visit } from "./browser";
import { type Server, startServer } from "./server";

let server: Server;
beforeAll(async () => {
  server = await startServer("--sample");
});
afterAll(() => server?.stop());

async function open(path: string, options: Parameters<typeof visit>[1] = {}): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints, close } = await visit(server.origin, options);
  onTestFinished(close);
  await page.goto(path);
  return { page, complaints };
}

function row(page: Page, name: string) {
  return page.getByRole("row").filter({ has: page.getByRole("rowheader").getByRole("link", { name, exact: true }) });
}

test("each project says how much it holds, and follows what is sent while one looks", async () => {
  await ask("POST", "/v1/projects", { name: "live", description: "Sent to while we look" });
  const { page, complaints } = await open("/");
  const live = row(page, "live");
  await live.getByRole("link", { name: "waiting for the first span" }).waitFor();
  await expect.poll(() => row(page, "support-bot").getByRole("cell").first().innerText()).toMatch(/^\d+$/);
  await expect.poll(() => row(page, "support-bot").getByRole("link", { name: "correctness" }).getAttribute("href")).toBe("/rubrics/correctness");
  await picture(page, "projects");

  expect(await live.getByRole("link", { name: "Review", exact: true }).count()).toBe(0); // there is nothing to review
  expect(await row(page, "support-bot").getByRole("link", { name: "Review", exact: true }).getAttribute("href")).toBe("/p/support-bot/review/adhoc");

  await send("live", 3);
  await live.getByRole("link", { name: "Review", exact: true }).waitFor();
  await expect.poll(async () => (await live.getByRole("cell").allInnerTexts()).slice(0, 4).map((text) => text.replace(/\s/g, ""))).toEqual(["1", "3", "0", "✕1"]);
  await live.getByRole("rowheader").getByRole("link").click();
  await page.getByRole("heading", { level: 1, name: "live" }).waitFor();
  expect(complaints).toEqual([]);
});

test("a project is made, renamed and deleted, by keyboard; deleting says how much goes", async () => {
  const { page, complaints } = await open("/");
  await page.getByRole("button", { name: "New project" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "New project" }).waitFor();
  await page.keyboard.type("default"); // the field has the focus
  await page.keyboard.press("Enter");
  await page.getByText("A project named 'default' exists already").waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("trial");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Only to try");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "trial" }).waitFor();
  await page.getByText("Waiting for the first span…").waitFor();

  await send("trial", 2);
  await page.goto("/");
  const more = page.getByRole("button", { name: "More about trial" });
  await more.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Rename or describe" }).focus();
  await page.keyboard.press("Enter");
  const rename = page.getByRole("dialog", { name: "Rename or describe trial" });
  await rename.getByRole("textbox", { name: "Name" }).fill("kept");
  await page.getByText("Spans that are still sent to “trial” will make a new project").waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("Saved kept.").waitFor();
  await row(page, "kept").getByText("Only to try").waitFor();
  expect(await row(page, "trial").count()).toBe(0);

  await page.getByRole("button", { name: "More about kept" }).click();
  await page.getByRole("button", { name: "Delete…" }).click();
  const sure = page.getByRole("dialog", { name: "Delete kept?" });
  await sure.getByText("1 trace, 2 spans and 0 annotations go with it. This cannot be undone.").waitFor();
  await page.keyboard.press("Escape");
  await sure.waitFor({ state: "detached" });
  await expect.poll(() => row(page, "kept").count()).toBe(1);
  await page.getByRole("button", { name: "More about kept" }).click();
  await page.getByRole("button", { name: "Delete…" }).click();
  await sure.getByRole("button", { name: "Delete the project" }).click();
  await page.getByText("Deleted kept.").waitFor();
  await expect.poll(() => row(page, "kept").count()).toBe(0);
  expect(complaints.filter((complaint) => !complaint.includes("409"))).toEqual([]); // the browser tells of the name that was taken
});

test("the default project keeps its name, and is not offered for deletion", async () => {
  const { page } = await open("/");
  await page.getByRole("button", { name: "More about default" }).click();
  await page.getByRole("button", { name: "Rename or describe" }).waitFor();
  expect(await page.getByRole("button", { name: "Delete…" }).count()).toBe(0);
  await page.getByRole("button", { name: "Rename or describe" }).click();
  await page.getByText("The default project keeps its name").waitFor();
  expect(await page.getByRole("textbox", { name: "Name" }).getAttribute("readonly")).not.toBeNull();
});

test("a project without a rubric gets one with one click, a preset or one that is there", async () => {
  await ask("POST", "/v1/projects", { name: "unasked" });
  await ask("POST", "/v1/projects", { name: "unasked too" });
  const { page, complaints } = await open("/");
  await row(page, "unasked").getByRole("button", { name: "Choose a rubric" }).click();
  await page.getByRole("button", { name: "Use “Pass or fail, with a reason”" }).click();
  await page.getByText("Those who review unasked are asked acceptance from now on.").waitFor();
  await row(page, "unasked").getByRole("link", { name: "acceptance" }).waitFor();

  await row(page, "unasked too").getByRole("button", { name: "Choose a rubric" }).click();
  await page.getByRole("button", { name: "Use acceptance" }).waitFor();
  expect(await page.getByRole("button", { name: "Use “Pass or fail, with a reason”" }).count(), "its name is taken now").toBe(0);
  await page.getByRole("button", { name: "Use acceptance" }).click();
  await row(page, "unasked too").getByRole("link", { name: "acceptance" }).waitFor();
  const asked = (await ask("GET", "/v1/projects/unasked%20too/annotation_configs")) as { name: string }[];
  expect(asked.map(({ name }) => name)).toEqual(["acceptance"]);
  expect(complaints).toEqual([]);
});

test("many projects are searched by name, and the search is in the address", async () => {
  for (let number = 0; number < 9; number++) await ask("POST", "/v1/projects", { name: `tenant ${number}` });
  const { page } = await open("/");
  const search = page.getByRole("searchbox", { name: "Find a project by name" });
  await search.pressSequentially("TENANT 7");
  await expect.poll(() => page.getByRole("rowheader").allInnerTexts()).toEqual(["tenant 7"]);
  await expect.poll(() => search.inputValue()).toBe("TENANT 7");
  await page.reload();
  await expect.poll(() => page.getByRole("rowheader").allInnerTexts()).toEqual(["tenant 7"]);
  await search.fill("nobody");
  await page.getByText("No project has “nobody” in its name").waitFor();
  await page.getByRole("button", { name: "Show all projects" }).click();
  await row(page, "support-bot").waitFor();
});

test.each([
  { colorScheme: "light", width: 1440 },
  { colorScheme: "dark", width: 1440 },
  { colorScheme: "light", width: 768 },
  { colorScheme: "dark", width: 768 },
  { colorScheme: "light", width: 390 },
  { colorScheme: "dark", width: 390 },
  { colorScheme: "dark", width: 320 },
] as const)("no barrier, and nothing beyond the edge, in $colorScheme at $width", async ({ colorScheme, width }) => {
  await fetch(`${server.origin}/v1/projects`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: `bare-${"x".repeat(80)}` }) });
  const { page } = await open("/", { colorScheme, viewport: { width, height: 900 } });
  await row(page, "support-bot").getByRole("link", { name: "correctness" }).waitFor();
  expect(await faults(page, width)).toEqual([]);
  await page.getByRole("button", { name: "More about support-bot" }).click();
  await page.getByRole("button", { name: "Delete…" }).waitFor();
  expect(await faults(page, width)).toEqual([]);
  await page.getByRole("button", { name: "Delete…" }).click();
  const sure = page.getByRole("dialog", { name: "Delete support-bot?" });
  await sure.getByText("This cannot be undone.").waitFor();
  expect(await faults(page, width)).toEqual([]);
  await page.keyboard.press("Escape");
  await sure.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Choose a rubric" }).first().click();
  await page.getByRole("link", { name: "Make a rubric of your own" }).waitFor();
  expect(await faults(page, width)).toEqual([]);
});

/** What axe finds, and what hangs over the edge. */
async function faults(page: Page, width: number): Promise<string[]> {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  return [...(await barriers(page)), ...(wide > width ? [`${wide} px wide`] : [])];
}

async function ask(method: string, path: string, body?: Record<string, unknown>): Promise<unknown> {
  const answer = await fetch(`${server.origin}${path}`, { method, headers: { "content-type": "application/json" }, ...(body ? { body: JSON.stringify(body) } : {}) });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { data: unknown }).data;
}

function hex(digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join("");
}

/** Spans of one new trace, now; the last of them failed. */
async function send(project: string, count: number): Promise<void> {
  const trace_id = hex(32);
  const now = Date.now();
  const data = Array.from({ length: count }, (_, number) => ({
    name: `span ${number}`,
    context: { trace_id, span_id: hex(16) },
    start_time: new Date(now).toISOString(),
    end_time: new Date(now + 5).toISOString(),
    status_code: number === count - 1 ? "ERROR" : "OK",
  }));
  const answer = await fetch(`${server.origin}/v1/projects/${project}/spans`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ data }) });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}
