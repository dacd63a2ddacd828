import { readFileSync } from "node:fs";

import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { barriers, picture, visit } from "./browser";
import { type Server, startServer } from "./server";

let server: Server;
beforeAll(async () => {
  server = await startServer("--sample");
});
afterAll(() => server?.stop());

const SAMPLE = "/p/support-bot/explore";
const TRACES = `${SAMPLE}?level=trace`;
const PERSON = { theme: "system", density: "comfortable", singleKeys: true, person: "Ada" };

describe("finding", () => {
  test("rows tell what was asked and answered, and what was said of it, without sideways scrolling", async () => {
    const { page, complaints } = await open(`${SAMPLE}?level=span&f=${encodeURIComponent("name == 'support_turn'")}`);
    const row = rows(page).first();
    await row.waitFor();

    expect(await grid(page).evaluate((node) => node.scrollWidth - node.clientWidth)).toBeLessThanOrEqual(0);
    const [item] = await items("support-bot", { target_kind: "span", filter: "name == 'support_turn'" });
    await expect.poll(() => row.getByRole("rowheader").innerText()).toContain("support_turn");
    await expect.poll(() => row.innerText()).toContain(item?.input);
    await expect.poll(() => row.innerText()).toContain(item?.output);
    await expect.poll(() => row.locator("[data-column=annotations]").innerText()).toContain("correctness");
    expect(await row.innerText()).not.toContain('{"');
    await page.getByRole("status").filter({ hasText: /^\d+ spans$/ }).waitFor();
    await picture(page, "explore-spans");
    expect(complaints).toEqual([]);
  });

  test("an address that asks for nothing shows each request once: root spans", async () => {
    const { page } = await open(SAMPLE);
    await status(page, await count("support-bot", { target_kind: "span", filter: "parent_id is None" }), "span");
    await expect.poll(() => page.getByRole("button", { name: "Root spans" }).getAttribute("aria-pressed")).toBe("true");
    await page.getByRole("radio", { name: "Traces" }).check();
    await status(page, await count("support-bot", { target_kind: "trace" }), "trace");
  });

  test("a filter is written by keyboard with completions, and Back brings the one before", async () => {
    const { page, complaints } = await open(`${SAMPLE}?level=span`);
    await rows(page).first().waitFor();
    await page.keyboard.press("/");
    const field = page.getByRole("combobox", { name: "Filter" });

    await page.keyboard.type("span_k");
    await page.getByRole("option", { name: /^span_kind/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.keyboard.type("== 'TO");
    await page.getByRole("option", { name: /^TOOL/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    expect(await field.getAttribute("aria-activedescendant")).toBe(await page.getByRole("option", { selected: true }).getAttribute("id"));
    await page.keyboard.press("Enter");
    await expect.poll(() => field.inputValue()).toBe("span_kind == 'TOOL' ");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");

    const wanted = await count("support-bot", { target_kind: "span", filter: "span_kind == 'TOOL'" });
    await status(page, wanted, "span");
    await expect.poll(() => new URL(page.url()).searchParams.get("f")).toBe("span_kind == 'TOOL'");
    await expect.poll(() => page.getByRole("list", { name: "Conditions" }).innerText()).toBe("span_kind == 'TOOL'");
    await page.goBack();
    await status(page, await count("support-bot", { target_kind: "span" }), "span");
    await expect.poll(() => field.inputValue()).toBe("");
    expect(complaints).toEqual([]);
  });

  test("names, members and values of annotations are completed", async () => {
    const { page } = await open(`${SAMPLE}?level=span`);
    await rows(page).first().waitFor();
    const field = page.getByRole("combobox", { name: "Filter" });
    await field.click();

    for (const choice of [/^annotations/, /^correctness/, /^label/, /^==/, /^incorrect/]) await page.getByRole("option", { name: choice }).first().click();

    await expect.poll(() => field.inputValue()).toBe("annotations['correctness'].label == 'incorrect' ");
    await page.keyboard.press("Enter");
    await status(page, await count("support-bot", { target_kind: "span", filter: "annotations['correctness'].label == 'incorrect'" }), "span");
  });

  test("a mistake is shown at its place, and a press mends it", async () => {
    const { page } = await open(`${SAMPLE}?level=span`);
    await rows(page).first().waitFor();
    const before = await rows(page).first().innerText();
    await page.keyboard.press("/");
    await page.keyboard.type("annotations['correctness'].lable == 'incorrect'");
    await page.keyboard.press("Enter");

    const alert = page.getByRole("alert");
    await alert.waitFor();
    await expect.poll(() => alert.locator("mark").innerText()).toBe("lable");
    await expect.poll(() => page.getByRole("combobox", { name: "Filter" }).getAttribute("aria-invalid")).toBe("true");
    expect(new URL(page.url()).searchParams.get("f")).toBeNull(); // nothing was looked for, and the rows still stand
    expect(await rows(page).first().innerText()).toBe(before);
    await alert.getByText("Not applied: the rows below are not filtered.").waitFor();
    expect(await barriers(page)).toEqual([]);
    await picture(page, "explore-mistake");

    await alert.getByRole("button", { name: "Write label" }).click();
    await status(page, await count("support-bot", { target_kind: "span", filter: "annotations['correctness'].label == 'incorrect'" }), "span");
    await expect.poll(() => page.getByRole("alert").count()).toBe(0);
  });

  test("while a filter is mistaken, the page says of which one the rows are", async () => {
    const before = "span_kind == 'TOOL'";
    const { page } = await open(`${SAMPLE}?level=span&f=${encodeURIComponent(before)}`);
    await rows(page).first().waitFor();
    const field = page.getByRole("combobox", { name: "Filter" });
    await field.fill("span_kind = 'LLM'");
    await field.press("Enter");

    const said = page.getByRole("alert").getByText(`Not applied: the rows below are those of the filter before, ${before}`);
    await said.waitFor();
    await field.fill("span_kind == 'LLM'");
    await field.press("Enter");
    await status(page, await count("support-bot", { target_kind: "span", filter: "span_kind == 'LLM'" }), "span");
    expect(await said.count()).toBe(0);
  });

  test.each([
    ["Errors", "status_code == 'ERROR'"],
    ["People differ", "disagree('helpfulness', 'HUMAN') or disagree('correctness', 'HUMAN') or disagree('user_feedback', 'HUMAN')"],
    ["Human ≠ judge", "disagree('helpfulness', 'HUMAN', 'LLM') or disagree('correctness', 'HUMAN', 'LLM') or disagree('user_feedback', 'HUMAN', 'LLM')"],
  ])("one press finds %s, another takes it back", async (name, filter) => {
    const { page } = await open(`${SAMPLE}?level=span`);
    await rows(page).first().waitFor();
    const button = page.getByRole("button", { name, exact: true });
    await button.click();
    const wanted = await count("support-bot", { target_kind: "span", filter });
    expect(wanted).toBeGreaterThan(0);
    await status(page, wanted, "span");
    await expect.poll(() => button.getAttribute("aria-pressed")).toBe("true");
    await button.click();
    await status(page, await count("support-bot", { target_kind: "span" }), "span");
  });

  test("what I have not answered is found, and shrinks when I answer", async () => {
    await send("mine", 3);
    await assignRubrics("mine", ["correctness"]);
    const { page } = await open("/p/mine/explore?level=span", { person: "Ada" });
    await page.getByRole("button", { name: "Not answered by me" }).click();
    await status(page, 3, "span");
    await annotate("span", idOf("mine", 0), "correctness", "correct", "app:Ada");
    await page.reload();
    await status(page, 2, "span");
    await expect.poll(() => names(page)).toEqual(["span 2", "span 1"]);
  });

  test("by the value of an annotation, from the menu", async () => {
    const { page } = await open(`${SAMPLE}?level=span`);
    await rows(page).first().waitFor();
    await page.getByRole("button", { name: "Annotations ▾" }).click();
    await page.getByRole("combobox", { name: "Annotations named" }).selectOption("correctness");
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "incorrect" }).click();
    await page.getByRole("button", { name: "incorrect", pressed: true }).waitFor();
    await page.getByRole("button", { name: "a judge" }).click();
    const filter = "annotations['correctness'].label == 'incorrect' and annotated('correctness', kind='LLM')";
    await expect.poll(() => new URL(page.url()).searchParams.get("f")).toBe(filter);
    await page.keyboard.press("Escape");
    await status(page, await count("support-bot", { target_kind: "span", filter }), "span");
  });

  test("when nothing matches, it says which condition takes away most, and drops it", async () => {
    const { page } = await open(`${TRACES}&f=${encodeURIComponent("latency_ms > 0 and error_count > 1000")}`);
    await page.getByText("No trace matches").waitFor();
    const ways = page.getByRole("listitem").filter({ hasText: "Without" });
    await page.getByText(/Without error_count > 1000: \d+ traces/).waitFor();
    await expect.poll(() => ways.first().innerText()).toContain("error_count > 1000");
    expect(await barriers(page)).toEqual([]);
    await ways.first().getByRole("button", { name: "Drop it" }).click();
    await rows(page).first().waitFor();
    await expect.poll(() => new URL(page.url()).searchParams.get("f")).toBe("latency_ms > 0");
  });

  test("when nothing matches because nothing has that name, it says so", async () => {
    const { page } = await open(`${SAMPLE}?level=span&f=${encodeURIComponent("latancy > 5 and annotations['correctnes'].label == 'good'")}`);
    await page.getByText("No span of this project has 'latancy'.").waitFor();
    await page.getByText("No annotation is named 'correctnes' here. Did you mean 'correctness'?").waitFor();
    expect(await barriers(page)).toEqual([]);
    await picture(page, "explore-hints");
  });

  test("a time range stands in the address and narrows rows and count", async () => {
    const { page } = await open(TRACES);
    await rows(page).first().waitFor();
    await page.getByRole("button", { name: "Any time" }).click();
    await expect.poll(() => within(page, page.getByRole("button", { name: "Show this time" }))).toBe(true);
    const asked = page.waitForRequest((request) => /\/items\/count\?.*start_time=/.test(request.url()));
    await page.getByRole("button", { name: "Last 24 hours" }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get("from")).toBe("-24h");
    const start = new URL((await asked).url()).searchParams.get("start_time") ?? "";
    expect(Math.abs(Date.now() - 86_400_000 - Date.parse(start))).toBeLessThan(600_000);
    await status(page, await count("support-bot", { target_kind: "trace", start_time: start }), "trace");
  });

  test("columns and a view under a name are remembered", async () => {
    const { page } = await open(`${SAMPLE}?level=span&f=${encodeURIComponent("span_kind == 'LLM'")}`);
    await rows(page).first().waitFor();
    await page.getByRole("button", { name: "Columns" }).click();
    await expect.poll(() => within(page, page.getByRole("button", { name: "Show the usual ones" }))).toBe(true);
    await page.getByRole("checkbox", { name: "Model", exact: true }).check();
    await page.keyboard.press("Escape");
    await page.getByRole("columnheader", { name: "Model" }).waitFor();
    await page.getByRole("button", { name: "Views ▾" }).click();
    await page.getByRole("textbox", { name: "Keep this view as" }).fill("model calls");
    await page.keyboard.press("Enter");

    await page.goto(`${SAMPLE}?level=session`);
    await page.getByRole("grid", { name: "Sessions" }).waitFor();
    await page.getByRole("columnheader", { name: "Model" }).waitFor(); // chosen in this browser
    await page.getByRole("button", { name: "Views ▾" }).click();
    await page.getByRole("link", { name: "model calls" }).click();
    await page.getByRole("grid", { name: "Spans" }).waitFor();
    await expect.poll(() => new URL(page.url()).searchParams.get("f")).toBe("span_kind == 'LLM'");

    await page.getByRole("button", { name: "Views ▾" }).click();
    await page.getByRole("button", { name: "Drop the view model calls" }).click();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Views ▾" }).click();
    await page.getByRole("link", { name: "model calls" }).waitFor();
  });
});

describe("living", () => {
  test("new rows wait behind a button, and none moves under the hand", async () => {
    await send("live", 3);
    const { page, complaints } = await open("/p/live/explore?level=span");
    await rows(page).nth(2).waitFor();
    await page.keyboard.press("j");
    await send("live", 2, 10);

    const fresh = page.getByRole("button", { name: "2 new" });
    await fresh.waitFor();
    await expect.poll(() => names(page)).toEqual(["span 2", "span 1", "span 0"]);
    await expect.poll(() => focused(page)).toBe("span 2");
    await fresh.click();
    await page.getByRole("rowheader", { name: "span 11" }).waitFor();
    await expect.poll(async () => (await names(page)).slice(0, 3)).toEqual(["span 11", "span 10", "span 2"]);
    await status(page, 5, "span");
    expect(complaints).toEqual([]);
  });

  test("an annotation shows where its row stands", async () => {
    await send("touched", 2);
    const { page } = await open("/p/touched/explore?level=span");
    await rows(page).nth(1).waitFor();
    await annotate("span", idOf("touched", 0), "tone", "friendly", "app:Bo");
    const row = rows(page).nth(1);
    await row.getByText("friendly", { exact: true }).waitFor();
    await expect.poll(() => names(page)).toEqual(["span 1", "span 0"]);
  });

  test("an empty project waits for its first span and shows it", async () => {
    await fetch(`${server.origin}/v1/projects`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: "empty" }) });
    const { page } = await open("/p/empty/explore?level=span");
    await page.getByText("Waiting for the first span…").waitFor();
    await send("empty", 1);
    await page.getByRole("rowheader", { name: "span 0" }).waitFor();
    await expect.poll(() => page.getByText("Waiting for the first span…").count()).toBe(0);
  });
});

describe("acting", () => {
  test("all that match are exported, not only the rows that are loaded: 177 of 177", async () => {
    await send("many", 230, 0, (number) => (number < 177 ? "wanted" : "other"));
    const { page } = await open(`/p/many/explore?level=span&f=${encodeURIComponent("name == 'wanted'")}`);
    await rows(page).first().waitFor();
    await page.keyboard.press("a");
    await page.getByRole("group", { name: "Selection" }).getByText("All 177 spans selected").waitFor();
    await page.keyboard.press("Shift+E");
    await page.getByRole("dialog", { name: "Export 177 spans" }).waitFor();
    expect(await barriers(page)).toEqual([]);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download 177 spans" }).click()]);
    const lines = readFileSync(await download.path(), "utf8").trim().split("\n");
    expect(lines.length).toBe(177);
    expect(download.suggestedFilename()).toMatch(/^many-spans-.*\.jsonl$/);
  });

  test("rows are selected by hand and keyboard, taken out of all, and exported as they are selected", async () => {
    await send("some", 9);
    const { page } = await open("/p/some/explore?level=span");
    await rows(page).nth(8).waitFor();
    for (const key of ["j", "x", "j", "j", "Shift+X"]) await page.keyboard.press(key);
    const bar = page.getByRole("group", { name: "Selection" });
    await bar.getByText("3 selected").waitFor();
    await page.getByRole("checkbox", { name: "Select span 0", exact: true }).click({ modifiers: ["Shift"] });
    await bar.getByText("9 selected").waitFor();
    await bar.getByRole("button", { name: "Clear" }).click();
    await page.keyboard.press("a");
    await page.keyboard.press("x");
    await bar.getByText("All that match but 1 selected: 8").waitFor();
    await bar.getByRole("button", { name: "Export" }).click();
    await page.getByRole("radio", { name: "CSV" }).check();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download 8 spans" }).click()]);
    expect(readFileSync(await download.path(), "utf8").trim().split("\n").length).toBe(1 + 8);
  });

  test("one answer for many, in my name, and taken back", async () => {
    await send("bulk", 120);
    await assignRubrics("bulk", ["correctness"]);
    await annotate("span", idOf("bulk", 0), "correctness", "partial", "app:Ada");
    await annotate("span", idOf("bulk", 1), "correctness", "incorrect", "judge", "LLM");
    const { page, complaints } = await open("/p/bulk/explore?level=span", { person: "Ada" });
    await rows(page).first().waitFor();
    await page.keyboard.press("a");
    await page.getByRole("button", { name: "Annotate…" }).click();
    await page.getByRole("radio", { name: /^correct\b/ }).check({ force: true });
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "Annotate 120 spans" }).click();
    await page.getByText("Annotated 120 spans as correctness.").waitFor();

    const mine = (label: string) => count("bulk", { target_kind: "span", filter: `annotated('correctness', identifier='app:Ada', label='${label}')` });
    expect(await mine("correct")).toBe(120);
    expect(await count("bulk", { target_kind: "span", filter: "annotated('correctness', identifier='judge', label='incorrect')" })).toBe(1);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Took back 120 spans.").waitFor();
    expect([await mine("correct"), await mine("partial")]).toEqual([0, 1]);
    expect(complaints).toEqual([]);
  });

  test("the review opens with what is selected, or with all that match", async () => {
    const { page } = await open(`${TRACES}&f=${encodeURIComponent("error_count > 0")}`, { person: "Ada" });
    await rows(page).first().waitFor();
    await page.keyboard.press("q");
    await page.waitForURL(/\/review\/adhoc/);
    expect(new URL(page.url()).searchParams.get("f")).toBe("error_count > 0");
    await page.goBack();
    await rows(page).first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    const id = await rows(page).first().getAttribute("data-id");
    await page.keyboard.press("q");
    await page.waitForURL(/\/review\/adhoc/);
    expect(new URL(page.url()).searchParams.get("f")).toBe(`trace_id in ['${id}']`);
  });

  test("a row opens by keyboard, and Back brings place, selection and focus", async () => {
    await send("far", 250);
    const { page, complaints } = await open("/p/far/explore?level=span");
    await rows(page).first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    for (let step = 0; step < 6; step += 1) await page.keyboard.press("PageDown");
    await page.waitForURL(/[?&]sel=/); // the selection stands in the address a moment later
    await expect.poll(() => focused(page)).toBeTruthy();
    const name = await focused(page);
    const offset = await grid(page).evaluate((node) => node.scrollTop);
    expect(offset).toBeGreaterThan(1000);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/p\/far\/t\/.*span=/);

    await page.goBack();
    await page.getByRole("row", { name: String(name) }).waitFor();
    await expect.poll(() => focused(page)).toBe(name);
    await expect.poll(() => grid(page).evaluate((node) => node.scrollTop)).toBe(offset);
    await page.getByRole("group", { name: "Selection" }).getByText("1 selected").waitFor();
    expect(complaints).toEqual([]);
  });

  test("a list of hundreds loads as it is scrolled, and draws only what is in view", async () => {
    await send("long", 450);
    const { page } = await open("/p/long/explore?level=span");
    await rows(page).first().waitFor();
    await page.keyboard.press("j");
    const oldest = page.getByRole("rowheader", { name: /^span 0\b/ });
    await expect.poll(async () => (await page.keyboard.press("End"), oldest.isVisible()), { timeout: 20_000 }).toBe(true);
    expect(await rows(page).count()).toBeLessThan(60);
    await expect.poll(() => grid(page).getAttribute("aria-rowcount")).toBe("451");
  });
});

describe("for everybody", () => {
  test.each(
    (["light", "dark"] as const).flatMap((colorScheme) => [1440, 768, 390].map((width) => ({ colorScheme, width }))),
  )("there is no barrier in $colorScheme at $width", async ({ colorScheme, width }) => {
    const { page } = await open(`${SAMPLE}?level=span&f=${encodeURIComponent("annotations['correctness'].label == 'incorrect'")}`, { person: "Ada" }, { colorScheme, viewport: { width, height: 900 } });
    await rows(page).first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    expect(await barriers(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await picture(page, `explore-${colorScheme}-${width}`);
  });

  test.each([1440, 390])("when the server fails at the next rows it is left in peace, and they come when they are asked for again, at %i", async (width) => {
    const mortal = await startServer();
    onTestFinished(mortal.stop);
    await send("failing", 450, 0, undefined, mortal);
    const { page, close } = await visit(mortal.origin, { viewport: { width, height: 900 } });
    onTestFinished(close);
    await page.goto("/p/failing/explore?level=span");
    await rows(page).first().waitFor();
    await status(page, 450, "span");
    let asked = 0;
    page.on("request", (request) => (asked += Number(new URL(request.url()).pathname.endsWith("/items"))));
    await mortal.halt();
    await rows(page).first().focus();
    await page.keyboard.press("End");
    const alert = page.getByRole("alert").filter({ hasText: "The next rows did not come. The server does not answer." });
    await alert.waitFor();
    const before = asked;
    for (const key of ["Home", "End", "k", "PageUp", "End"]) await page.keyboard.press(key); // near the end and away from it
    await expect.poll(() => focused(page), { timeout: 20_000 }).toMatch(/^span \d+$/);
    expect(await barriers(page)).toEqual([]);
    expect(asked).toBe(before);
    await alert.getByRole("button", { name: "Try again" }).press("Enter");
    await expect.poll(() => asked).toBeGreaterThan(before);
    await alert.waitFor();

    await mortal.start();
    await alert.getByRole("button", { name: "Try again" }).press("Enter");
    await alert.waitFor({ state: "detached" });
    const oldest = page.getByRole("rowheader", { name: /^span 0\b/ });
    await rows(page).last().focus();
    await expect.poll(async () => (await page.keyboard.press("End"), oldest.isVisible()), { timeout: 20_000 }).toBe(true);
  }, 120_000); // two starts of a server

  test("when the server goes away the rows stay, and the next question says so", async () => {
    const mortal = await startServer("--sample");
    const { page, close } = await visit(mortal.origin);
    onTestFinished(close);
    await page.goto(SAMPLE);
    await rows(page).first().waitFor();
    await mortal.stop();
    await page.getByRole("radio", { name: "Sessions" }).check();
    const alert = page.getByRole("alert");
    await alert.waitFor();
    await expect.poll(() => alert.innerText()).toContain("The server does not answer.");
    await expect.poll(() => alert.getByRole("button", { name: "Try again" }).isVisible()).toBe(true);
  });
});

async function open(path: string, preferences: { person?: string } = {}, options = {}): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints, close } = await visit(server.origin, options);
  onTestFinished(close);
  if (preferences.person) await page.addInitScript((kept) => localStorage.setItem("rubricate:preferences", kept), JSON.stringify({ ...PERSON, ...preferences }));
  await page.goto(path);
  return { page, complaints };
}

function grid(page: Page): Locator {
  return page.getByRole("grid");
}

/** The rows without the head. */
function rows(page: Page): Locator {
  return grid(page).locator("[role=row][data-id]");
}

async function names(page: Page): Promise<string[]> {
  return (await page.getByRole("rowheader").allInnerTexts()).map((text) => text.split("\n")[0] ?? "");
}

/** Whether all of something lies inside of the window. */
async function within(page: Page, what: Locator): Promise<boolean> {
  const box = await what.boundingBox();
  const window = page.viewportSize();
  return box !== null && window !== null && box.x >= 0 && box.x + box.width <= window.width;
}

/** The name in the row that has the focus. */
async function focused(page: Page): Promise<string | undefined> {
  return page.evaluate(() => document.activeElement?.querySelector("[role=rowheader]")?.textContent?.replace(/unknown$/, ""));
}

async function status(page: Page, wanted: number, noun: string): Promise<void> {
  await page
    .getByRole("status")
    .filter({ hasText: new RegExp(`^${wanted} ${noun}${wanted === 1 ? "" : "s"}$`) })
    .waitFor();
}

type Item = { id: string; input: string; output: string };

async function items(project: string, query: Record<string, string>): Promise<Item[]> {
  return (await ask<{ data: Item[] }>(`/v1/projects/${project}/items?${new URLSearchParams(query)}`)).data;
}

async function count(project: string, query: Record<string, string>, at: Server = server): Promise<number> {
  return (await ask<{ count: number }>(`/v1/projects/${project}/items/count?${new URLSearchParams(query)}`, "GET", undefined, at)).count;
}

async function ask<T>(path: string, method = "GET", body?: unknown, at: Server = server): Promise<T> {
  const answer = await fetch(`${at.origin}${path}`, { method, headers: { "content-type": "application/json" }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function annotate(kind: "span" | "trace", id: string, name: string, label: string, identifier: string, annotator_kind = "HUMAN"): Promise<void> {
  await ask("/v1/annotations", "PUT", { data: [{ target: { kind, id }, name, annotator_kind, identifier, result: { label, score: null, explanation: null }, source: "APP" }] });
}

async function assignRubrics(project: string, wanted: string[]): Promise<void> {
  const rubrics = await ask<{ data: { id: string; name: string }[] }>("/v1/annotation_configs?limit=100");
  for (const { id, name } of rubrics.data) {
    if (wanted.includes(name)) await ask(`/v1/projects/${project}/annotation_configs/${id}`, "PUT");
  }
}

/** Spans of a project that start a second apart: "span 0" is the oldest. Each project has ids of its own, and each test a project. */
async function send(project: string, amount: number, first = 0, named = (number: number) => `span ${number}`, at: Server = server): Promise<void> {
  const spans = Array.from({ length: amount }, (_, index) => {
    const number = first + index;
    return {
      name: named(number),
      context: { trace_id: idOf(project, 0).padStart(32, "0"), span_id: idOf(project, number) },
      start_time: new Date(Date.UTC(2026, 10, 23, 12, 0, number)).toISOString(),
      end_time: new Date(Date.UTC(2026, 10, 23, 12, 0, number + 1)).toISOString(),
    };
  });
  await ask(`/v1/projects/${project}/spans`, "POST", { data: spans }, at);
  await expect.poll(() => count(project, { target_kind: "span" }, at), { timeout: 10_000 }).toBeGreaterThanOrEqual(amount);
}

function idOf(project: string, number: number): string {
  const place = Array.from(project).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_000, 7);
  return (place * 100_000 + number + 1).toString(16).padStart(16, "0");
}
