import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Page } from "playwright-core";

import { barriers, picture, visit, type Visit } from "./browser";
import { type Server, startServer } from "./server";

let server: Server;
let sample: Sample;
beforeAll(async () => {
  server = await startServer("--sample");
  sample = await sampleOf(server.origin);
});
afterAll(() => server?.stop());

type Sample = { trace: string; root: string; retriever: string; llm: string; session: string; failed: { trace: string; span: string } };

test("a trace is read by keys alone: step after step, folded, searched", async () => {
  const { page, complaints } = await open(`/p/support-bot/t/${sample.trace}`);
  await page.getByRole("heading", { name: "Answer" }).waitFor();
  const steps = page.getByRole("tree", { name: "Steps" });
  await expect.poll(() => steps.getByRole("treeitem").count()).toBe(9);
  await expect.poll(() => chosen(page)).toMatch(/^support_turn 3\.18 s agent/);

  await page.keyboard.press("j");
  await page.getByRole("heading", { level: 2, name: "check_input" }).waitFor();
  await expect.poll(() => chosen(page)).toMatch(/^check_input 29 ms guardrail/);
  await page.keyboard.press("k");
  await page.keyboard.press("h");
  await expect.poll(() => steps.getByRole("treeitem").count()).toBe(1);
  await page.keyboard.press("l");
  await expect.poll(() => steps.getByRole("treeitem").count()).toBe(9);

  await page.getByRole("searchbox", { name: "Search in steps" }).fill("embed");
  await expect.poll(() => steps.getByRole("treeitem").allInnerTexts().then((names) => names.map((name) => name.split("\n")[0]))).toEqual(["support_turn", "search_articles", "embed_question"]);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 2, name: "embed_question" }).waitFor();
  expect(new URL(page.url()).searchParams.get("q")).toBe("embed");
  expect(complaints).toEqual([]);
});

test("what stands in the address comes back with Back and with a reload", async () => {
  const { page } = await open(`/p/support-bot/t/${sample.trace}?span=${sample.retriever}&steps=hidden`);
  await page.getByRole("heading", { level: 2, name: "search_articles" }).waitFor();
  const session = page.getByRole("link", { name: /^Session / });
  await session.waitFor(); // of the trace, as the steps would be
  expect(await page.getByRole("tree").count()).toBe(0);
  await session.click();
  await page.getByRole("heading", { level: 1, name: `Session ${sample.session}` }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { level: 2, name: "search_articles" }).waitFor();
  await page.getByRole("button", { name: "Show steps" }).waitFor();
});

test("a model's span shows question, answer, earlier turns, the system prompt, tokens and cost", async () => {
  const { page, complaints } = await open(`/p/support-bot/t/${sample.trace}?span=${sample.llm}`);
  const main = page.getByRole("main");
  await main.getByRole("heading", { level: 3, name: "Question" }).waitFor();
  await main.getByText("calls device_status").waitFor();
  await main.getByText("610 tokens").waitFor();
  await main.getByText("$0.00081").first().waitFor();
  expect(await main.getByText("You are the support assistant of Hearthline").count()).toBe(0);
  await main.getByRole("heading", { name: "System prompt" }).click();
  await main.getByText("You are the support assistant of Hearthline").waitFor();
  await main.getByRole("heading", { name: /^Attributes/ }).click();
  await main.getByText("llm.invocation_parameters").waitFor();
  expect(complaints).toEqual([]);
});

test("a span that failed tells what went wrong, with the stack, and its step is marked", async () => {
  const { page } = await open(`/p/support-bot/t/${sample.failed.trace}?span=${sample.failed.span}`);
  const error = page.getByRole("region", { name: "TimeoutError" });
  await error.waitFor();
  await expect.poll(() => error.innerText()).toMatch(/orders\.internal did not answer within 10 s[\s\S]*Traceback \(most recent call last\)/);
  await expect.poll(() => chosen(page)).toMatch(/^✕ error start_return 12 s tool/);
});

test.each([
  ["ours, of a span", () => `/o/span/${sample.llm}`, "ask_model"],
  ["ours, of a trace", () => `/o/trace/${sample.trace}`, "support_turn"],
  ["Phoenix's redirect", () => `/redirects/spans/${sample.llm}`, "ask_model"],
  ["Phoenix's page of a span", () => `/projects/UHJvamVjdDoy/spans/${sample.llm}`, "ask_model"],
])("a short link leads to the span: %s", async (_, path, name) => {
  const { page, complaints } = await open(path());
  await page.getByRole("heading", { level: 2, name }).waitFor();
  await expect.poll(() => new URL(page.url()).pathname).toBe(`/p/support-bot/t/${sample.trace}`);
  expect(complaints).toEqual([]);
});

test("a deep link asks little: eight requests in all, three of the API", async () => {
  const { page } = await visited();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`/p/support-bot/t/${sample.trace}?span=${sample.retriever}`);
  await page.getByRole("heading", { level: 3, name: "Firmware updates" }).waitFor();
  await page.getByRole("treeitem").first().waitFor();
  await page.waitForLoadState("load");
  const api = () => asked.filter((path) => path.startsWith("/v1/") && path !== "/v1/events");
  await expect.poll(() => api().toSorted()).toEqual([`/v1/projects/UHJvamVjdDoy/annotation_configs`, `/v1/spans/${sample.retriever}`, `/v1/traces/${sample.trace}`]);
  expect(asked.slice(8)).toEqual([]);
});

test("an unknown trace, an unknown span, a span of another trace: each is told in words", async () => {
  const { page } = await open(`/p/support-bot/t/${"ab".repeat(16)}`);
  await page.getByRole("heading", { level: 1, name: "There is no such trace" }).waitFor();
  await expect.poll(() => page.getByRole("alert").innerText()).toContain("It may not have arrived yet, or it was deleted");

  await page.goto(`/p/support-bot/t/${sample.trace}?span=${"ab".repeat(8)}`);
  await page.getByRole("alert").getByText(/There is no span/).waitFor();
  await expect.poll(() => page.getByRole("treeitem").count()).toBe(9);

  await page.goto(`/p/support-bot/t/${sample.trace}?span=${sample.failed.span}`);
  await page.getByRole("link", { name: "Open it there" }).click();
  await page.getByRole("region", { name: "TimeoutError" }).waitFor();
});

test("HTML, scripts and links that run are text; nothing of a span is obeyed or loaded", async () => {
  const { complaints, page } = await visited();
  await page.addInitScript(() => Object.assign(globalThis, { hit: () => document.body.setAttribute("data-hit", "yes") }));
  const evil = [
    "# **Bold** <script>hit()</script>",
    '<img src="x" onerror="hit()"><iframe srcdoc="<script>parent.hit()</script>"></iframe>',
    "[run](javascript:hit()) [data](data:text/html,<script>hit()</script>) [fine](https://example.org/a)",
    "![track](https://example.org/track.png) ![svg](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImhpdCgpIi8+)",
    "- one\n- two",
  ].join("\n\n");
  const span = await send("hostile", [
    { name: '<b onmouseover="hit()">name</b>', attributes: { "openinference.span.kind": "LLM", "input.value": '<svg onload="hit()">', "output.value": evil, "metadata": '{"<img src=x onerror=hit()>": "<script>hit()</script>"}', '"><script>hit()</script>': "attribute" } },
  ]);
  await page.goto(`/o/span/${span}`);
  await page.getByText('<svg onload="hit()">').waitFor();
  await page.locator("main strong", { hasText: "Bold" }).waitFor();
  for (const title of await page.locator("main details > summary").all()) await title.click();
  await page.getByText('"><script>hit()</script>').first().waitFor();
  expect(await page.getByRole("main").getByRole("link").evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href))).toEqual(
    expect.not.arrayContaining([expect.stringMatching(/^(javascript|data):/)]),
  );
  await expect.poll(() => page.getByRole("link", { name: "fine" }).getAttribute("rel")).toContain("noopener");
  expect(await page.locator("main :is(img, iframe, script)").count()).toBe(0);
  await page.getByText("name</b>").first().hover();
  expect(await page.locator("body").getAttribute("data-hit")).toBeNull();
  expect(complaints).toEqual([]);
});

test("right-to-left text runs from right to left, and the page around it does not", async () => {
  const span = await send("rtl", [{ name: "مرحبا", attributes: { "openinference.span.kind": "CHAIN", "input.value": "هل المتجر مفتوح؟", "output.value": "نعم، حتى الخامسة." } }]);
  const { page } = await open(`/o/span/${span}`);
  const text = page.getByText("هل المتجر مفتوح؟");
  await text.waitFor();
  await expect.poll(() => text.evaluate((element) => element.matches(":dir(rtl)"))).toBe(true);
  await expect.poll(() => page.locator("main").evaluate((element) => getComputedStyle(element).direction)).toBe("ltr");
});

test("an answer of 5 MB shows its beginning at once, and all of it on demand", async () => {
  const line = "All work and no play makes a very long answer indeed.\n";
  const span = await send("large", [{ name: "large", attributes: { "openinference.span.kind": "LLM", "input.value": "Tell me all", "output.value": `${line.repeat(Math.ceil(5e6 / line.length))}The end.` } }]);
  const { page, complaints } = await open(`/o/span/${span}`);
  const rest = page.getByRole("button", { name: /^Show the rest \(9\d,\d{3} lines\)/ });
  await rest.waitFor();
  expect(await page.getByText("The end.").count()).toBe(0);
  await rest.click();
  await page.getByText("The end.").waitFor({ state: "attached" });
  await page.keyboard.press("End");
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(10_000);
  expect(complaints).toEqual([]);
});

test("10,000 steps: a few dozen rows are in the page, keys and search reach all of them", async () => {
  const spans = Array.from({ length: 10_000 }, (_, number) => ({
    name: number === 7777 ? "needle" : `step ${number}`,
    parent: number === 0 ? null : number % 10 === 0 ? 0 : number - (number % 10),
    attributes: { "openinference.span.kind": "TOOL", "input.value": `call ${number}` },
  }));
  const root = await send("many", spans);
  const { page, complaints } = await open(`/o/span/${root}`);
  const steps = page.getByRole("tree", { name: "Steps" });
  await page.getByRole("heading", { level: 2, name: "10,000 steps" }).waitFor();
  expect(await steps.getByRole("treeitem").count()).toBeLessThan(60);

  await steps.focus();
  await page.keyboard.press("End");
  await page.getByRole("heading", { level: 2, name: "step 9999" }).waitFor();
  await expect.poll(() => chosen(page)).toMatch(/^step 9999 /);
  await page.keyboard.press("Home");
  for (let key = 0; key < 30; key += 1) await page.keyboard.press("j");
  await expect.poll(() => chosen(page)).toMatch(/^step 30 /);
  await page.getByRole("searchbox", { name: "Search in steps" }).fill("needle");
  await page.getByText("1 found").waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("call 7777").waitFor();
  expect(complaints).toEqual([]);
});

test("by keyboard: a name is asked once, the answer, reason and note are mine, and nobody else's record changes", async () => {
  const before = (await annotationsOf(sample.root)).filter(({ identifier }) => identifier !== "app:Ada");
  const { page, complaints } = await open(`/p/support-bot/t/${sample.trace}`);
  await page.getByRole("heading", { name: "Answer" }).waitFor();
  await page.keyboard.press("r");
  const panel = page.getByRole("complementary", { name: "Annotate" });
  const correctness = panel.getByRole("group", { name: "correctness" });
  await correctness.waitFor();
  await correctness.getByRole("radio", { name: /^incorrect/ }).focus();
  await page.keyboard.press("Space");
  const ask = page.getByRole("dialog", { name: "Who are you?" });
  await ask.getByLabel("Your name").fill("Ada");
  await page.keyboard.press("Enter");

  const table = page.getByRole("table", { name: "Annotations of this span" });
  const mine = table.getByRole("row").filter({ hasText: "you" });
  await mine.filter({ hasText: "incorrect" }).waitFor();
  await panel.getByLabel("Reason").first().fill("It is not the newest.");
  await panel.getByLabel("Your note").fill("Ask the firmware people.");
  await page.keyboard.press("Tab");
  await panel.getByText("All saved").waitFor();
  await mine.filter({ hasText: "It is not the newest." }).waitFor();
  await mine.filter({ hasText: "Ask the firmware people." }).waitFor();

  await page.reload();
  await panel.waitFor();
  await expect.poll(() => correctness.getByRole("radio", { name: /^incorrect/ }).isChecked()).toBe(true);
  const after = await annotationsOf(sample.root);
  expect(after.filter(({ identifier }) => identifier !== "app:Ada")).toEqual(before);
  expect(after.filter(({ identifier }) => identifier === "app:Ada")).toMatchObject([
    { name: "note", annotator_kind: "HUMAN", source: "APP", result: { explanation: "Ask the firmware people." } },
    { name: "correctness", annotator_kind: "HUMAN", source: "APP", result: { label: "incorrect", score: 0, explanation: "It is not the newest." } },
  ]);
  await picture(page, "trace-annotate");

  await mine.filter({ hasText: "incorrect" }).getByRole("button", { name: /^Delete/ }).click();
  await page.getByText("Deleted your answer to correctness.").waitFor();
  await expect.poll(() => mine.filter({ hasText: "incorrect" }).count()).toBe(0);
  await expect.poll(async () => (await annotationsOf(sample.root)).some(({ name, identifier }) => name === "correctness" && identifier === "app:Ada")).toBe(false);
  await page.getByRole("button", { name: "Undo" }).click();
  await mine.filter({ hasText: "It is not the newest." }).waitFor();

  await mine.filter({ hasText: "incorrect" }).getByRole("button", { name: /^History/ }).click();
  const history = page.getByRole("dialog", { name: "History of correctness" });
  await history.getByText(/incorrect · 0 · It is not the newest/).first().waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => page.locator(":focus").getAttribute("aria-label")).toMatch(/^History of correctness/);
  expect(complaints).toEqual([]);
});

test("a document is judged beside what others say, and the judgement can be taken back", async () => {
  const { page } = await open(`/p/support-bot/t/${sample.trace}?span=${sample.retriever}`, "Bo");
  const first = page.getByRole("article", { name: /Firmware updates/ });
  await first.getByRole("button", { name: "relevant", exact: true }).click();
  await page.getByRole("table", { name: "Annotations of this span" }).getByRole("row").filter({ hasText: "Document 1" }).waitFor();
  await expect.poll(() => first.getByRole("button", { name: "relevant", exact: true }).getAttribute("aria-pressed")).toBe("true");
  await expect.poll(() => annotationsOf(sample.retriever)).toMatchObject([{ name: "relevance", identifier: "app:Bo", target: { kind: "document", position: 0 }, result: { label: "relevant", score: 1 } }]);
  await first.getByRole("button", { name: "relevant", exact: true }).click();
  await expect.poll(() => annotationsOf(sample.retriever)).toEqual([]);
});

test("what somebody else says meanwhile appears by itself", async () => {
  const { page } = await open(`/p/support-bot/t/${sample.trace}?span=${sample.llm}`);
  await page.getByText("Nobody has said anything of this span yet.").waitFor();
  await put([{ target: { kind: "span", id: sample.llm }, name: "tone", annotator_kind: "LLM", identifier: "judge-x", result: { label: "kind" } }]);
  await page.getByRole("row").filter({ hasText: "judge-x" }).waitFor();
  await expect.poll(() => page.getByText("Nobody has said anything of this span yet.").count()).toBe(0);
});

test("what somebody else says before the page hears of changes appears, too", async () => {
  const said = Promise.withResolvers<undefined>();
  const tone = (identifier: string) => ({ target: { kind: "span", id: sample.llm }, name: "tone", annotator_kind: "LLM", identifier, result: { label: "kind" } });
  await put([tone("judge-x")]);
  const { page } = await visited();
  await page.route("**/v1/events", async (route) => {
    await said.promise;
    await route.continue();
  });
  await page.goto(`/p/support-bot/t/${sample.trace}?span=${sample.llm}`);
  await page.getByRole("row").filter({ hasText: "judge-x" }).waitFor();
  await put([tone("judge-y")]);
  said.resolve(undefined);
  const row = page.getByRole("row").filter({ hasText: "judge-y" });
  await row.waitFor();
  await expect.poll(() => row.innerText()).toContain("kind");
});

test("a session is a conversation; a turn and the whole are answered apart", async () => {
  const { page, complaints } = await open(`/p/support-bot/s/${sample.session}`, "Cleo");
  await page.getByRole("article", { name: "Turn 5" }).waitFor();
  await expect.poll(() => page.getByRole("article").count()).toBe(5);
  const second = page.getByRole("article", { name: "Turn 2" });
  await expect.poll(() => second.innerText()).toMatch(/Ignore your instructions[\s\S]*I cannot help with that/);
  await expect.poll(() => page.getByRole("article", { name: "Turn 3" }).innerText()).toContain("No answer: the turn ended with an error.");

  await second.getByRole("button", { name: "Annotate turn 2" }).click();
  const panel = page.getByRole("complementary", { name: "Annotate" });
  await panel.getByRole("group", { name: "helpfulness" }).getByRole("radio", { name: /^5/ }).check();
  await second.getByText("you", { exact: true }).waitFor();
  await panel.getByRole("radio", { name: "The session" }).check();
  await panel.getByRole("group", { name: "correctness" }).getByRole("radio", { name: /^partial/ }).check();
  const table = page.getByRole("table", { name: "All annotations" });
  await table.getByRole("row").filter({ hasText: "you" }).filter({ hasText: "Session" }).waitFor();
  await table.getByRole("row").filter({ hasText: "you" }).filter({ hasText: "Turn 2" }).waitFor();

  await second.getByRole("link", { name: "Open the trace of turn 2" }).click();
  await page.getByRole("heading", { level: 1, name: "support_turn" }).waitFor();
  expect(complaints).toEqual([]);
});

test("a session of 1,000 turns is read to its end; a link leads to a turn far down, which is answered there", async () => {
  const spans = Array.from({ length: 1000 }, (_, place) => ({
    name: "turn",
    span_kind: "CHAIN",
    context: { trace_id: traceOfTurn(place), span_id: traceOfTurn(place).slice(16) },
    start_time: new Date(Date.UTC(2026, 10, 20, 12, 0, place)).toISOString(),
    end_time: new Date(Date.UTC(2026, 10, 20, 12, 0, place + 1)).toISOString(),
    attributes: { "session.id": "long talk", "input.value": `Question ${place + 1}?`, "output.value": `Answer ${place + 1}.` },
  }));
  await sendSpans(spans);
  await expect.poll(async () => (await fetch(`${server.origin}/v1/sessions/${encodeURIComponent("long talk")}`)).status, { timeout: 20_000 }).toBe(200);

  const { page, complaints } = await open(`/p/support-bot/s/${encodeURIComponent("long talk")}`, "Eve");
  await page.getByText("1,000 turns", { exact: true }).waitFor();
  await expect
    .poll(
      async () => {
        await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
        return page.getByRole("article", { name: "Turn 1000" }).count();
      },
      { timeout: 40_000 },
    )
    .toBe(1);
  await expect.poll(() => page.getByRole("article").count()).toBe(1000);
  await page.getByText("Nobody has said anything of this session yet.").waitFor();

  await page.goto(`/p/support-bot/s/${encodeURIComponent("long talk")}?annotate=${traceOfTurn(649)}`);
  const panel = page.getByRole("complementary", { name: "Annotate" });
  await panel.getByRole("radio", { name: "Turn 650" }).waitFor({ timeout: 40_000 });
  await panel.getByRole("group", { name: "helpfulness" }).getByRole("radio", { name: /^4/ }).check();
  await page.getByRole("article", { name: "Turn 650" }).getByText("you", { exact: true }).waitFor();
  await expect.poll(() => annotationsOfTrace(traceOfTurn(649))).toMatchObject([{ name: "helpfulness", identifier: "app:Eve" }]);
  expect(complaints).toEqual([]);
});

test("what is said while the annotations are still being read is not lost behind them", async () => {
  const { page } = await visited();
  await page.addInitScript(() => localStorage.setItem("rubricate:preferences", JSON.stringify({ person: "Dana" })));
  const saved = page.waitForResponse((answer) => answer.request().method() === "PUT" && answer.ok());
  await page.route(
    (url) => url.pathname.endsWith("/annotations") && url.searchParams.has("target_id"),
    async (route) => {
      const before = await route.fetch(); // read before the answer is given, and on its way for long
      await saved;
      await sleep(1000); // until the page has heard of it, from its own request and from the stream
      await route.fulfill({ response: before });
    },
    { times: 1 },
  );
  await page.goto(`/p/support-bot/s/${sample.session}`);
  const first = page.getByRole("article", { name: "Turn 1" });
  await first.getByRole("button", { name: "Annotate turn 1" }).click();
  await page.getByRole("complementary", { name: "Annotate" }).getByRole("group", { name: "helpfulness" }).getByRole("radio", { name: /^2/ }).check();
  const mine = first.getByText("you", { exact: true });
  await mine.waitFor({ timeout: 10_000 });
  await expect.poll(() => mine.count()).toBe(1);
});

test("an unknown session is told in words", async () => {
  const { page } = await open("/p/support-bot/s/nobody");
  await page.getByRole("alert").waitFor();
  await expect.poll(() => page.getByRole("alert").innerText()).toContain("There is no session nobody in this project.");
});

test("a server that went away is told in words, and what was read stays", async () => {
  const other = await startServer("--sample");
  const told = await sampleOf(other.origin);
  const { page, close } = await visit(other.origin);
  onTestFinished(close);
  await page.goto(`/p/support-bot/t/${told.trace}`);
  await page.getByRole("heading", { name: "Answer" }).waitFor();
  await other.stop();
  await page.keyboard.press("j");
  await page.getByRole("alert").getByText("The server does not answer. Is it still running?").waitFor();
  await expect.poll(() => page.getByRole("treeitem").count()).toBe(9);
});

test.each(
  (["light", "dark"] as const).flatMap((colorScheme) => [1440, 768, 390].map((width) => ({ colorScheme, width }))),
)("no barrier in $colorScheme at $width", async ({ colorScheme, width }) => {
  const { page } = await visited({ colorScheme, viewport: { width, height: 900 } });
  const shown = [
    [`/p/support-bot/t/${sample.trace}?span=${sample.retriever}`, "Firmware updates", "trace-documents"],
    [`/p/support-bot/t/${sample.trace}?annotate=span`, "correctness", "trace"],
    [`/p/support-bot/t/${sample.failed.trace}?span=${sample.failed.span}`, "TimeoutError", "trace-error"],
    [`/p/support-bot/s/${sample.session}`, "Turn 5", "session"],
  ] as const;
  for (const [path, text, name] of shown) {
    await page.goto(path);
    await page.getByText(text).first().waitFor();
    await page.getByRole("table").first().waitFor({ state: "attached", timeout: 2000 }).catch(() => undefined);
    await picture(page, `${name}-${colorScheme}-${width}`);
    expect({ path, barriers: await barriers(page), fits: await fits(page) }).toEqual({ path, barriers: [], fits: true });
  }
});

test("320 px wide, and 200 % zoomed in: nothing runs out of the page", async () => {
  for (const size of [{ width: 320, height: 640 }, { width: 720, height: 450 }]) {
    const { page } = await visited({ viewport: size });
    for (const path of [`/p/support-bot/t/${sample.trace}?span=${sample.llm}`, `/p/support-bot/t/${sample.trace}?span=${sample.retriever}`, `/p/support-bot/s/${sample.session}`]) {
      await page.goto(path);
      await page.locator("main article").last().waitFor();
      expect({ path, fits: await fits(page) }).toEqual({ path, fits: true });
    }
  }
});

async function visited(options: Parameters<typeof visit>[1] = {}): Promise<Visit> {
  const shown = await visit(server.origin, options);
  onTestFinished(shown.close);
  return shown;
}

async function open(path: string, person: string | null = null): Promise<Visit> {
  const shown = await visited();
  if (person !== null) await shown.page.addInitScript((name) => localStorage.setItem("rubricate:preferences", JSON.stringify({ person: name })), person);
  await shown.page.goto(path);
  return shown;
}

/** Whether nothing runs out of the page sideways. */
async function fits(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
}

/** What stands in the chosen step, also for a screen reader. */
async function chosen(page: Page): Promise<string> {
  return (await page.getByRole("treeitem", { selected: true }).innerText()).replace(/\s+/g, " ");
}

async function sampleOf(origin: string): Promise<Sample> {
  const items = (await get(`${origin}/v1/projects/support-bot/items?target_kind=trace&limit=100`)) as { data: { id: string; session_id: string }[] };
  const newest = items.data[0]!;
  const { steps } = (await get(`${origin}/v1/traces/${newest.id}`)) as { steps: { span_id: string; name: string }[] };
  const named = (name: string) => steps.find((step) => step.name === name)!.span_id;
  const failures = (await get(`${origin}/v1/projects/support-bot/items?target_kind=span&filter=${encodeURIComponent("name == 'start_return' and status_code == 'ERROR'")}`)) as { data: { id: string; trace_id: string }[] };
  const failed = failures.data[0]!;
  return { trace: newest.id, session: newest.session_id, root: steps[0]!.span_id, retriever: named("search_articles"), llm: named("ask_model"), failed: { trace: failed.trace_id, span: failed.id } };
}

type Said = { name: string; identifier: string; annotator_kind: string; source: string; result: unknown; target: unknown };

async function annotationsOf(span: string): Promise<Said[]> {
  return ((await get(`${server.origin}/v1/spans/${span}`)) as { annotations: Said[] }).annotations;
}

function traceOfTurn(place: number): string {
  return (0x5e55_0000 + place).toString(16).padStart(32, "0");
}

async function annotationsOfTrace(trace: string): Promise<Said[]> {
  return ((await get(`${server.origin}/v1/traces/${trace}`)) as { annotations: Said[] }).annotations;
}

async function sendSpans(data: unknown[]): Promise<void> {
  const answer = await fetch(`${server.origin}/v1/projects/support-bot/spans`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ data }) });
  if (!answer.ok) throw new Error(await answer.text());
}

async function put(data: unknown[]): Promise<void> {
  const answer = await fetch(`${server.origin}/v1/annotations`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ data }) });
  if (!answer.ok) throw new Error(await answer.text());
}

async function get(url: string): Promise<unknown> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

let traces = 0;

/** A trace of spans, the first of which is the root unless they say otherwise. Gives back the first's id. */
async function send(project: string, spans: { name: string; parent?: number | null; attributes: Record<string, unknown> }[]): Promise<string> {
  traces += 1;
  const span = (number: number) => `f${traces.toString(16).padStart(5, "0")}${number.toString(16).padStart(10, "0")}`;
  const data = spans.map(({ name, parent = null, attributes: { "openinference.span.kind": kind, ...attributes } }, number) => ({
    name,
    context: { trace_id: `e${traces.toString(16).padStart(31, "0")}`, span_id: span(number) },
    parent_id: parent === null ? null : span(parent),
    span_kind: kind,
    start_time: new Date(Date.UTC(2026, 10, 23, 12, 0, 0, number)).toISOString(),
    end_time: new Date(Date.UTC(2026, 10, 23, 12, 0, 1, number)).toISOString(),
    attributes,
  }));
  for (let at = 0; at < data.length; at += 1000) {
    const answer = await fetch(`${server.origin}/v1/projects/${project}/spans`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ data: data.slice(at, at + 1000) }) });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  }
  return span(0);
}
