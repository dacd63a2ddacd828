import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { barriers, picture, visit } from "./browser";
import { type Server, startServer, startServerWith } from "./server";

let server: Server;
beforeAll(async () => {
  server = await startServer("--sample");
});
afterAll(() => server?.stop());

const PATIENCE_MS = 20_000;

test("by keyboard: rows that are selected become examples of a new dataset, a corrected answer what is expected", async () => {
  await send("shop", 3);
  await correct("shop", 2, "The right answer.");
  const { page, complaints } = await open("/p/shop/explore?level=span");
  await page.getByRole("row", { name: /question 2/ }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.keyboard.press("e");
  const sheet = page.getByRole("dialog", { name: "Send 2 spans to a dataset" });
  await sheet.getByRole("textbox", { name: "Name of the new dataset" }).or(sheet.getByRole("combobox", { name: "Dataset" })).first().waitFor();
  if (await sheet.getByRole("combobox", { name: "Dataset" }).isVisible()) await sheet.getByRole("combobox", { name: "Dataset" }).selectOption("A new one…");
  await sheet.getByRole("textbox", { name: "Name of the new dataset" }).focus();
  await page.keyboard.type("shop questions");

  const preview = sheet.getByRole("region", { name: "The first of them become" });
  await preview.getByText("Example: new, with a corrected answer").waitFor();
  await expect.poll(() => preview.innerText()).toContain("The right answer.");
  await expect.poll(() => preview.innerText()).toContain("answer 1");
  expect(await barriers(page)).toEqual([]);
  await sheet.getByRole("button", { name: "Add 2 spans" }).focus();
  await page.keyboard.press("Enter");

  await sheet.getByText("2 examples added").waitFor();
  await sheet.getByText("1 expected output is a corrected answer").waitFor();
  await sheet.getByRole("link", { name: "Open shop questions" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "shop questions" }).waitFor();
  const table = page.getByRole("table", { name: "Examples" });
  await table.getByRole("row", { name: /question 2/ }).waitFor();
  await expect.poll(() => table.getByRole("row", { name: /question 2/ }).innerText()).toContain("The right answer.");
  await expect.poll(() => table.getByRole("row").count()).toBe(3);

  await table.getByRole("button", { name: /question 2/ }).click();
  const whole = page.getByRole("dialog", { name: "Example" });
  await expect.poll(() => whole.getByRole("region", { name: "Expected output" }).innerText()).toContain("The right answer.");
  await expect.poll(() => whole.getByRole("region", { name: "Metadata" }).innerText()).toContain("annotations");
  expect(await barriers(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await table.getByRole("row", { name: /question 2/ }).getByRole("link", { name: /^Span/ }).click();
  await page.getByRole("heading", { level: 1, name: "ask" }).waitFor();
  expect(new URL(page.url()).pathname).toContain("/p/shop/t/");
  expect(complaints).toEqual([]);
});

test("by keyboard: fields are chosen from the attributes that occur, what is missing is told, and the choice is remembered", async () => {
  await send("fields", 2, ({ number }) => ({ "input.value": JSON.stringify({ question: `question ${number}`, lang: "en" }), "input.mime_type": "application/json", ...(number === 1 ? { "shop.tier": "gold" } : {}) }));
  const dataset = await make("with fields");
  const { page, complaints } = await open("/p/fields/explore?level=span");
  await page.getByRole("row", { name: /question 1/ }).waitFor();
  await page.keyboard.press("a");
  await page.keyboard.press("e");
  const sheet = page.getByRole("dialog", { name: "Send 2 spans to a dataset" });
  await sheet.getByRole("combobox", { name: "Dataset" }).selectOption({ label: `${dataset.name} (0 examples)` });
  const preview = sheet.getByRole("region", { name: "The first of them become" });
  await preview.getByText("Example: new").first().waitFor();

  await sheet.getByText("Fields: as the kind of span says").press("Enter");
  await sheet.getByRole("group", { name: "Input" }).getByRole("radio", { name: "As the kind of span says" }).press("ArrowRight");
  await sheet.getByRole("textbox", { name: "Input 1: name of the field" }).fill("q");
  const attribute = sheet.getByRole("combobox", { name: "Input 1: attribute" });
  await attribute.fill("question");
  await sheet.getByRole("option", { name: "input.value.question" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect.poll(() => attribute.inputValue()).toBe("input.value.question");
  await preview.getByText("q question 1").waitFor();

  await sheet.getByRole("button", { name: "Add a field: Input" }).press("Enter");
  await page.keyboard.type("q");
  await page.keyboard.press("Tab");
  await page.keyboard.type("shop");
  await sheet.getByRole("option", { name: "shop.tier" }).waitFor();
  await page.keyboard.press("Escape");
  await sheet.getByRole("option", { name: "shop.tier" }).waitFor({ state: "detached" });
  expect(await sheet.isVisible(), "Escape shuts the list only").toBe(true);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await sheet.getByText("Field 1 is called q already.").waitFor();
  expect(await barriers(page)).toEqual([]);
  await sheet.getByRole("button", { name: "Add 2 spans" }).press("Enter");
  const second = sheet.getByRole("textbox", { name: "Input 2: name of the field" });
  await expect.poll(() => second.evaluate((node) => node === document.activeElement), { timeout: PATIENCE_MS }).toBe(true);
  await second.fill("tier");
  await preview.getByText("tier gold").waitFor();
  await preview.getByText("tier is left out: the span has no shop.tier").waitFor();

  await sheet.getByRole("button", { name: "Add a field: Input" }).press("Enter");
  await page.keyboard.type("of no use");
  await sheet.getByRole("button", { name: "Remove of no use" }).press("Enter");
  await expect.poll(() => second.evaluate((node) => node === document.activeElement), { timeout: PATIENCE_MS }).toBe(true);
  await sheet.getByRole("button", { name: "Add 2 spans" }).press("Enter");
  await sheet.getByText("2 examples added").waitFor();
  expect((await inputs(dataset.id)).toSorted()).toEqual([{ q: "question 0" }, { q: "question 1", tier: "gold" }]);
  await page.keyboard.press("Enter"); // on Close
  await sheet.waitFor({ state: "detached" });

  await page.reload();
  await page.getByRole("row", { name: /question 1/ }).waitFor();
  await page.keyboard.press("e");
  await sheet.getByRole("combobox", { name: "Dataset" }).selectOption({ label: `${dataset.name} (2 examples)` });
  await sheet.getByText("Fields: input of q, tier").press("Enter");
  await preview.getByText("Example: there already, the same").first().waitFor();
  await sheet.getByRole("button", { name: "Back to the default" }).press("Enter");
  await preview.getByText("Example: there already, will be brought up to date").first().waitFor();
  await sheet.getByText("Fields: as the kind of span says").waitFor();
  expect(complaints).toEqual([]);
});

test("all that match are sent, not only the rows that are loaded; what is there already is told and not doubled", async () => {
  await send("many", 130);
  const dataset = await make("all of many");
  const { page } = await open("/p/many/explore?level=span");
  await page.getByRole("status").filter({ hasText: /^130 spans$/ }).waitFor();
  await page.getByRole("button", { name: /^To a dataset/ }).click();
  await add(page, "Send 130 spans to a dataset", dataset.name, "Add 130 spans");
  await page.getByText("130 examples added").waitFor();
  await page.getByRole("button", { name: "Close", exact: true }).last().click();

  await page.getByRole("row", { name: /question 129/ }).getByRole("checkbox").check();
  await page.keyboard.press("e");
  const sheet = page.getByRole("dialog", { name: "Send 1 span to a dataset" });
  await sheet.getByText("Example: there already, the same").waitFor(); // the dataset used last is chosen
  await sheet.getByRole("button", { name: "Add 1 span" }).click();
  await sheet.getByText("1 example there already, and the same").waitFor();
  expect((await ask<{ data: { example_count: number } }>(`/v1/datasets/${dataset.id}`)).data.example_count).toBe(130);
});

test("who selects everything but a row sends everything but that row", async () => {
  await send("but", 5);
  const dataset = await make("all but one");
  const { page } = await open("/p/but/explore?level=span");
  await page.getByRole("row", { name: /question 4/ }).waitFor();
  await page.keyboard.press("a");
  await page.getByRole("row", { name: /question 3/ }).getByRole("checkbox").uncheck();
  await page.getByRole("button", { name: /^To a dataset/ }).click();
  await add(page, "Send 4 spans to a dataset", dataset.name, "Add 4 spans");
  await page.getByText("4 examples added").waitFor();
  expect((await inputs(dataset.id)).toSorted()).toEqual(["question 0", "question 1", "question 2", "question 4"]);
});

test("a split is filled, a version can be looked at again, and both can be taken out", async () => {
  await send("split", 3);
  const dataset = await make("versions");
  const { page, complaints } = await open(`/p/split/explore?level=span&f=${encodeURIComponent("'question 0' in input.value")}`);
  await page.getByRole("row", { name: /question 0/ }).waitFor();
  await page.keyboard.press("e");
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("combobox", { name: "Dataset" }).selectOption({ label: `${dataset.name} (0 examples)` });
  await sheet.getByRole("textbox", { name: "Split" }).fill("test");
  await sheet.getByRole("button", { name: /^Add/ }).click();
  await sheet.getByText("1 example added").waitFor();
  await ask(`/v1/datasets/${dataset.id}/examples/from_items`, "POST", { project: "split" });

  await page.goto(`/datasets/${dataset.id}`);
  const table = page.getByRole("table", { name: "Examples" });
  await table.getByRole("row", { name: /question 2/ }).waitFor();
  await page.getByRole("combobox", { name: "Split" }).selectOption({ label: "test (1)" });
  await table.getByRole("row", { name: /question 2/ }).waitFor({ state: "detached" });
  await expect.poll(() => table.getByRole("row").count()).toBe(2);
  await page.getByRole("combobox", { name: "Split" }).selectOption("All");
  await table.getByRole("row", { name: /question 2/ }).waitFor();
  await page.getByRole("combobox", { name: "Version" }).selectOption({ index: 1 });
  await table.getByRole("row", { name: /question 2/ }).waitFor({ state: "detached" });
  await page.reload();
  await table.getByRole("row", { name: /question 0/ }).waitFor();
  await expect.poll(() => table.getByRole("row").count()).toBe(2);

  await page.getByRole("button", { name: "Export" }).click();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "JSON lines" }).click()]);
  const lines = (await (await file.createReadStream()).setEncoding("utf8").toArray()).join("").trim().split("\n");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("question 0");
  expect(complaints).toEqual([]);
});

test("a dataset is made and deleted; deleting asks, and says how much goes", async () => {
  const { page, complaints } = await open("/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await page.getByRole("heading", { level: 1, name: "Datasets" }).waitFor();
  await page.getByRole("button", { name: "New dataset" }).click();
  await page.getByRole("button", { name: "Make the dataset" }).click();
  await page.getByText("A name is needed.").waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("to be deleted");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "to be deleted" }).waitFor();
  await page.getByText("There is no example yet").waitFor();

  await page.goto("/datasets");
  await page.getByRole("row", { name: /to be deleted/ }).getByRole("link").click();
  await page.getByRole("button", { name: "Delete" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete to be deleted?" });
  await dialog.getByText("0 examples and 1 version go with it.").waitFor();
  await dialog.getByRole("button", { name: "Delete the dataset" }).click();
  await page.getByText("Deleted to be deleted.").waitFor();
  await expect.poll(() => page.getByRole("row", { name: /to be deleted/ }).count()).toBe(0);
  await page.goto("/datasets/RGF0YXNldDo5OTk5OTk=");
  await page.getByRole("heading", { level: 1, name: "There is no such dataset" }).waitFor();
  expect(complaints.filter((one) => !one.includes("404"))).toEqual([]);
});

test("what somebody else adds, renames and deletes shows up in the open pages", async () => {
  await send("elsewhere", 2);
  const dataset = await make("looked at");
  const url = `/v1/datasets/${dataset.id}`;
  await ask(`${url}/examples/from_items`, "POST", { project: "elsewhere", filter: "'question 0' in input.value" });
  const { page, complaints } = await open(`/datasets/${dataset.id}`);
  const { page: list } = await open("/datasets");
  await page.getByRole("row", { name: /question 0/ }).waitFor();
  await list.getByRole("row", { name: /looked at 1 2/ }).waitFor();

  await ask(`${url}/examples/from_items`, "POST", { project: "elsewhere", splits: ["late"] });
  await page.getByRole("row", { name: /question 1/ }).waitFor();
  await page.getByRole("status").filter({ hasText: /^2 examples$/ }).waitFor();
  await page.getByRole("combobox", { name: "Version" }).locator("option", { hasText: "Newest (of 3)" }).waitFor({ state: "attached" });
  await page.getByRole("combobox", { name: "Split" }).waitFor();
  await list.getByRole("row", { name: /looked at 2 3/ }).waitFor();
  await ask(url, "PATCH", { name: "looked at twice" });
  await page.getByRole("heading", { level: 1, name: "looked at twice" }).waitFor();
  const added = await make("a newer one");
  await list.getByRole("link", { name: added.name }).waitFor();

  await fetch(`${server.origin}${url}`, { method: "DELETE" });
  await page.getByRole("heading", { level: 1, name: "There is no such dataset" }).waitFor();
  await list.getByRole("row", { name: /looked at/ }).waitFor({ state: "detached" });
  expect(complaints.filter((one) => !one.includes("404"))).toEqual([]);
});

test("a thousand examples: a few dozen rows are in the page, and scrolling reaches the last", async () => {
  const dataset = await make("a thousand");
  const values = Array.from({ length: 1000 }, (_, number) => ({ question: `Number ${number}?` }));
  await ask("/v1/datasets/upload?sync=true", "POST", { action: "append", name: dataset.name, inputs: values, outputs: values, metadata: values.map(() => ({})) });
  const { page } = await open(`/datasets/${dataset.id}`);
  const table = page.getByRole("table", { name: "Examples" });
  await table.getByRole("row", { name: /Number 0\?/ }).waitFor();
  expect(await table.getByRole("row").count()).toBeLessThan(60);
  await expect.poll(() => table.getAttribute("aria-rowcount")).toBe("1001");
  await expect
    .poll(
      async () => {
        await table.evaluate((node) => node.scrollTo(0, node.scrollHeight));
        return table.getByRole("row", { name: /Number 999\?/ }).count();
      },
      { timeout: PATIENCE_MS },
    )
    .toBe(1);
  expect(await table.getByRole("row").count()).toBeLessThan(60);
});

test("a new dataset is shown before it is made, and made when its examples are added; who cancels leaves nothing behind", async () => {
  await send("unmade", 2);
  const taken = await make("taken already");
  const { page, complaints } = await open("/p/unmade/explore?level=span");
  await page.getByRole("row", { name: /question 1/ }).waitFor();
  await page.keyboard.press("e");
  const sheet = page.getByRole("dialog");
  await expect.poll(() => sheet.getByRole("combobox", { name: "Dataset" }).evaluate((node) => node === document.activeElement), { timeout: PATIENCE_MS }).toBe(true);
  await page.keyboard.type("A new");
  await sheet.getByRole("button", { name: "Add 2 spans" }).press("Enter");
  await sheet.getByText("A name is needed.").waitFor();
  const name = sheet.getByRole("textbox", { name: "Name of the new dataset" });
  await expect.poll(() => name.evaluate((node) => node === document.activeElement), { timeout: PATIENCE_MS }).toBe(true);
  await page.keyboard.type(taken.name);
  await sheet.getByText('A dataset named "taken already" already exists.').waitFor();
  await name.fill("not made yet");
  await sheet.getByText("Example: new").first().waitFor();
  expect(await barriers(page)).toEqual([]);
  await sheet.getByRole("button", { name: "Cancel" }).press("Enter");
  await sheet.waitFor({ state: "detached" });
  expect(await namesOf()).not.toContain("not made yet");

  await page.keyboard.press("e");
  await sheet.getByRole("combobox", { name: "Dataset" }).selectOption("A new one…");
  await name.fill("made at once");
  await sheet.getByRole("button", { name: "Add 2 spans" }).press("Enter");
  await sheet.getByText("2 examples added").waitFor();
  await sheet.getByRole("link", { name: "Open made at once" }).press("Enter");
  await page.getByRole("row", { name: /question 1/ }).waitFor();
  await expect.poll(() => page.getByRole("combobox", { name: "Version" }).locator("option").count(), { message: "one send is one version" }).toBe(1);
  expect(complaints.filter((one) => !one.includes("409"))).toEqual([]);
});

test("adding is stopped before it is written, and nothing is there", async () => {
  await send("stopped", 2);
  await make("another");
  const { page } = await open("/p/stopped/explore?level=span");
  await page.getByRole("row", { name: /question 1/ }).waitFor();
  await page.keyboard.press("e");
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("combobox", { name: "Dataset" }).selectOption("A new one…");
  await sheet.getByRole("textbox", { name: "Name of the new dataset" }).fill("stopped before");
  await sheet.getByText("Example: new").first().waitFor();
  let held = true; // on its way, and not there yet
  await page.route("**/v1/datasets/from_items", (route) => (held && !(route.request().postDataJSON() as { dry_run: boolean }).dry_run ? undefined : route.continue()));
  await sheet.getByRole("button", { name: "Add 2 spans" }).press("Enter");
  await sheet.getByText("Adding 2 spans: all of them, or none.").waitFor();
  await sheet.getByRole("button", { name: "Cancel" }).press("Enter");
  await sheet.getByText("Stopped. Either all of them were added by then, or none: the preview shows which.").waitFor();
  await sheet.getByText("Example: new").first().waitFor();
  expect(await namesOf()).not.toContain("stopped before");
  held = false;
  await sheet.getByRole("button", { name: "Add 2 spans" }).press("Enter");
  await sheet.getByText("2 examples added").waitFor();
});

test("sessions are sent turn by turn, and the sheet says so", async () => {
  await send("talks", 5, ({ number }) => ({ "session.id": number % 2 === 0 ? "even" : "odd" }));
  const dataset = await make("turns");
  const { page, complaints } = await open("/p/talks/explore?level=session");
  await page.getByRole("row", { name: /even/ }).getByRole("checkbox").check();
  await page.keyboard.press("e");
  const sheet = page.getByRole("dialog", { name: "Send 1 session to a dataset" });
  await sheet.getByRole("combobox", { name: "Dataset" }).selectOption({ label: `${dataset.name} (0 examples)` });
  await sheet.getByText("Each turn of a session makes one example").waitFor();
  await sheet.getByText("Example: new").nth(2).waitFor();
  await sheet.getByRole("button", { name: "Add 1 session" }).press("Enter");
  await sheet.getByText("3 examples added").waitFor();
  expect(await inputs(dataset.id)).toEqual(["question 0", "question 2", "question 4"]);
  expect(complaints).toEqual([]);
});

test("more than can be made at once is told before anything is added", async () => {
  const small = await startServerWith({ RUBRICATE_MAX_EXAMPLES: "39" }, "--sample");
  onTestFinished(small.stop);
  const dataset = await make("too small", small);
  const { page } = await open("/p/support-bot/explore", small);
  await page.locator("[role=row][data-id]").first().waitFor();
  await page.keyboard.press("e");
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("combobox", { name: "Dataset" }).selectOption({ label: `${dataset.name} (0 examples)` });
  await sheet.getByText("39 examples are made at once at most.").waitFor();
  await sheet.getByRole("button", { name: "Add 40 spans" }).click();
  await sheet.getByText("Nothing was added. These are more than 39 examples").waitFor();
  expect(await inputs(dataset.id, small)).toEqual([]);
});

test("when the server is away, that is said, and it works once it is back", async () => {
  const own = await startServer("--sample");
  onTestFinished(own.stop);
  const dataset = await make("kept", own);
  const { page } = await open("/p/support-bot/explore", own);
  await page.locator("[role=row][data-id]").first().waitFor();
  await page.keyboard.press("e");
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("combobox", { name: "Dataset" }).selectOption({ label: `${dataset.name} (0 examples)` });
  await sheet.getByRole("region", { name: "The first of them become" }).waitFor();
  await own.halt();
  await sheet.getByRole("button", { name: /^Add/ }).click();
  await sheet.getByText("Whether they were added is not known; adding them again doubles nothing.").waitFor();
  await own.start();
  await sheet.getByRole("button", { name: /^Add/ }).click();
  await sheet.getByText("40 examples added").waitFor();
  expect((await inputs(dataset.id, own)).length).toBe(40);
});

test.each([
  { colorScheme: "light", width: 1440 },
  { colorScheme: "dark", width: 1440 },
  { colorScheme: "light", width: 768 },
  { colorScheme: "dark", width: 768 },
  { colorScheme: "light", width: 390 },
  { colorScheme: "dark", width: 390 },
] as const)("no barrier, and nothing beyond the edge, in $colorScheme at $width", async ({ colorScheme, width }) => {
  const dataset = await make(`seen in ${colorScheme} at ${width}`);
  await ask(`/v1/datasets/${dataset.id}/examples/from_items`, "POST", { project: "support-bot", filter: "parent_id is None", splits: ["test"] });
  const { page } = await open("/datasets", server, { colorScheme, viewport: { width, height: 844 } });
  await page.getByRole("link", { name: dataset.name }).waitFor();
  expect(await troubles(page, `datasets-${colorScheme}-${width}`, width)).toEqual([]);
  await page.goto(`/datasets/${dataset.id}`);
  await page.getByRole("table", { name: "Examples" }).waitFor();
  await page.getByRole("combobox", { name: "Split" }).waitFor();
  expect(await troubles(page, `dataset-${colorScheme}-${width}`, width)).toEqual([]);
  await page.getByRole("table").getByRole("button").first().click();
  await page.getByRole("dialog", { name: "Example" }).waitFor();
  expect(await troubles(page, `example-${colorScheme}-${width}`, width)).toEqual([]);
  await page.goto("/p/support-bot/explore");
  await page.getByRole("button", { name: /^To a dataset/ }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("combobox", { name: "Dataset" }).selectOption({ label: `${dataset.name} (40 examples)` });
  await sheet.getByText("Example: there already, the same").first().waitFor();
  expect(await troubles(page, `dataset-sheet-${colorScheme}-${width}`, width)).toEqual([]);
  await sheet.getByText("Fields: as the kind of span says").click();
  await sheet.getByRole("group", { name: "Input" }).getByText("Chosen fields").click();
  await sheet.getByRole("button", { name: "Add a field: Input" }).click();
  await sheet.getByRole("combobox", { name: "Input 2: attribute" }).fill("llm");
  await sheet.getByRole("listbox").getByRole("option").first().waitFor();
  expect(await troubles(page, `dataset-sheet-attributes-${colorScheme}-${width}`, width)).toEqual([]);
  await sheet.getByRole("textbox", { name: "Split" }).focus();
  await sheet.getByText("A field needs a name.").waitFor();
  expect(await troubles(page, `dataset-sheet-fields-${colorScheme}-${width}`, width)).toEqual([]);
});

// --- what the tests are made of ---

/** What is in somebody's way, beyond the edge too; and a picture. */
async function troubles(page: Page, name: string, width: number): Promise<string[]> {
  await picture(page, name);
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth);
  return [...(await barriers(page)), ...(beyond > width ? [`the page is ${beyond} px wide`] : [])];
}

async function open(path: string, at: Server = server, options: Parameters<typeof visit>[1] = {}) {
  const visited = await visit(at.origin, options);
  onTestFinished(visited.close);
  visited.page.setDefaultTimeout(PATIENCE_MS);
  await visited.page.goto(path);
  return visited;
}

/** Choose a dataset in the sheet, wait for what would become of the spans, and add them. */
async function add(page: Page, title: string, dataset: string, button: string): Promise<void> {
  const sheet = page.getByRole("dialog", { name: title });
  await sheet.getByRole("combobox", { name: "Dataset" }).selectOption({ label: `${dataset} (0 examples)` });
  await sheet.getByRole("region", { name: "The first of them become" }).waitFor();
  await sheet.getByRole("button", { name: button }).click();
}

type Dataset = { id: string; name: string };

async function make(name: string, at: Server = server): Promise<Dataset> {
  return (await ask<{ data: Dataset }>("/v1/datasets", "POST", { name }, at)).data;
}

async function namesOf(): Promise<string[]> {
  return (await ask<{ data: Dataset[] }>("/v1/datasets?limit=1000")).data.map(({ name }) => name);
}

async function inputs(dataset: string, at: Server = server): Promise<unknown[]> {
  const { data } = await ask<{ data: { examples: { input: Record<string, unknown> }[] } }>(`/v1/datasets/${dataset}/examples`, "GET", undefined, at);
  return data.examples.map(({ input }) => (Object.keys(input).join() === "input" ? input.input : input));
}

/** Spans "question 0" (the oldest) to `count - 1` with their answers, each a trace; with other attributes where they are given. */
async function send(project: string, count: number, attributesOf: (span: { number: number }) => Record<string, unknown> = () => ({})): Promise<void> {
  const spans = Array.from({ length: count }, (_, number) => ({
    name: "ask",
    span_kind: "CHAIN",
    context: { trace_id: spanId(project, number).padStart(32, "0"), span_id: spanId(project, number) },
    start_time: new Date(Date.UTC(2026, 10, 23, 12, 0, number)).toISOString(),
    end_time: new Date(Date.UTC(2026, 10, 23, 12, 0, number + 1)).toISOString(),
    attributes: { "input.value": `question ${number}`, "output.value": `answer ${number}`, ...attributesOf({ number }) },
  }));
  await ask(`/v1/projects/${project}/spans`, "POST", { data: spans });
  await expect.poll(async () => (await ask<{ count: number }>(`/v1/projects/${project}/items/count?target_kind=span`)).count, { timeout: PATIENCE_MS }).toBe(count);
}

async function correct(project: string, number: number, answer: string): Promise<void> {
  await ask("/v1/annotations", "PUT", {
    data: [{ target: { kind: "span", id: spanId(project, number) }, name: "correction", annotator_kind: "HUMAN", identifier: "app:Grace", source: "APP", result: { label: null, score: null, explanation: answer } }],
  });
}

function spanId(project: string, number: number): string {
  const place = Array.from(project).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_000, 7);
  return (place * 100_000 + number + 1).toString(16).padStart(16, "0");
}

async function ask<T>(path: string, method = "GET", body?: unknown, at: Server = server): Promise<T> {
  const answer = await fetch(`${at.origin}${path}`, { method, headers: { "content-type": "application/json" }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
