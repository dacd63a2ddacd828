import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { barriers, picture, visit } from "./browser";
import { type Server, startServer } from "./server";

let server: Server;
beforeAll(async () => {
  server = await startServer("--sample");
});
afterAll(() => server?.stop());

test("from the projects to the newest traces of one", async () => {
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);

  await page.goto("/");
  await page.getByRole("heading", { level: 1, name: "Projects" }).waitFor();
  const project = page.getByRole("main").getByRole("link", { name: "support-bot" }).first();
  await picture(page, "projects");
  await project.click();
  await page.getByRole("navigation", { name: "Project" }).getByRole("link", { name: "Explore" }).click();

  await page.getByRole("heading", { level: 1, name: "Explore support-bot" }).waitFor();
  const heads = page.getByRole("columnheader");
  await heads.last().waitFor();
  expect((await heads.allInnerTexts()).slice(1).map((text) => text.replace(/\W+$/, ""))).toEqual(["Name", "Input and output", "Annotations", "Status", "Latency", "Tokens", "Cost", "Started"]);
  await expect.poll(() => page.title()).toBe("support-bot · Explore · Rubricate");
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

  await page.goto("/p/support-bot/explore");
  await page.getByRole("grid").getByRole("rowheader").first().waitFor();
  expect(await barriers(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
});

test.each([390, 320])("at %i pixels every page of a project can be reached without scrolling sideways", async (width) => {
  const { page, close } = await visit(server.origin, { viewport: { width, height: 844 } });
  onTestFinished(close);
  await page.goto("/p/support-bot");
  const pages = page.getByRole("navigation", { name: "Project" });
  await pages.getByRole("link", { name: "Annotations" }).waitFor();
  for (const link of await pages.getByRole("link").all()) {
    const box = await link.boundingBox();
    expect((box?.x ?? width) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
  }
});

test("the keyboard skips to the content", async () => {
  const { page, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto("/");
  await page.getByRole("main").getByRole("link").first().waitFor();

  await page.keyboard.press("Tab");
  await expect.poll(() => page.locator(":focus").innerText()).toBe("Skip to the content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect.poll(() => page.locator("main :focus").innerText()).toBe("New project");
});

test("a project that is not there is told, with a way on", async () => {
  const { page, close } = await visit(server.origin);
  onTestFinished(close);

  await page.goto("/p/no-such-project");

  const alert = page.getByRole("alert");
  await alert.waitFor();
  await expect.poll(() => alert.innerText()).toMatch(/no-such-project|not found/i);
  await expect.poll(() => alert.getByRole("button", { name: "Try again" }).isVisible()).toBe(true);
  expect(await alert.getByRole("link", { name: "All projects" }).getAttribute("href")).toBe("/");
  expect(await barriers(page)).toEqual([]);
});

test("an address that leads nowhere says so", async () => {
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);

  await page.goto("/no/such/page");

  await page.getByRole("heading", { level: 1, name: "There is no such page" }).waitFor();
  expect(complaints).toEqual([]);
});
