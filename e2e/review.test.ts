import { setTimeout as sleep } from "node:timers/promises";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { barriers, picture, visit } from "./browser";
import { type Server, startServer } from "./server";

let server: Server;
beforeAll(async () => {
  server = await startServer("--sample");
});
afterAll(() => server?.stop());

type Annotation = {
  name: string;
  annotator_kind: string;
  identifier: string;
  source: string;
  result: { label: string | null; score: number | null; explanation: string | null } | null;
  target: { kind: string; id: string; position: number | null };
};

/** A test that waits in vain says so before the runner gives it up. */
const PATIENCE_MS = 15_000;

const CORRECTNESS = {
  type: "CATEGORICAL",
  optimization_direction: "MAXIMIZE",
  values: [
    { label: "correct", score: 1 },
    { label: "partial", score: 0.5 },
    { label: "incorrect", score: 0 },
  ],
};

describe("the first visit", () => {
  test("from a project where nothing is asked to the first answer: two clicks, a name, one key", async () => {
    await send("fresh", 3);
    const { page, complaints, close } = await visit(server.origin);
    onTestFinished(close);
    await page.goto("/p/fresh/review/adhoc");

    await page.getByRole("button", { name: "Use “Pass or fail, with a reason”" }).click();
    await page.getByLabel("Your name").fill("Ada");
    await page.getByRole("button", { name: "Keep the name" }).click();
    await shown(page, "answer 2");
    await page.keyboard.press("1");
    await shown(page, "answer 1");

    await saved(page);
    expect(await mine("fresh", "Ada")).toEqual([`span ${spanId("fresh", 2)} acceptance pass`]);
    expect(complaints).toEqual([]);
  });

  test("a name under which somebody has answered here is asked about", async () => {
    await send("named", 2);
    await rubric("named", "named_correctness", CORRECTNESS);
    await put("named_correctness", traceId("named", 0), "Grace", "correct");
    const { page, close } = await visit(server.origin);
    onTestFinished(close);
    await page.goto("/p/named/review/adhoc?level=trace");

    await page.getByLabel("Your name").fill("  ");
    await page.keyboard.press("Enter");
    await page.getByText("A name is needed").waitFor();
    await page.getByLabel("Your name").fill("Grace");
    await page.keyboard.press("Enter");
    await page.getByText("Somebody already reviews as Grace here. Is that you?").waitFor();
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "Take another name" }).click();
    await page.getByLabel("Your name").fill("Linus");
    await page.keyboard.press("Enter");

    await shown(page, "answer 1");
    expect(await progress(page)).toBe("1 of 2");
  });
});

describe("by keyboard alone", () => {
  test("one key answers and the next item is there; u goes back over items, to the very question", async () => {
    const { page, complaints } = await review("keys", 4, { name: "keys_correctness" });
    await shown(page, "answer 3");
    await progress(page);
    await page.keyboard.press("3");
    await shown(page, "answer 2");
    await told(page, "Saved incorrect. Item 2 of 4.");
    await page.keyboard.press("1");
    await page.keyboard.press("s");
    await shown(page, "answer 0");
    await told(page, "Skipped. Item 4 of 4.");

    await page.keyboard.press("u");
    await shown(page, "answer 1");
    await told(page, "Undone: skip. Item 3 of 4.");
    await page.keyboard.press("u");
    await shown(page, "answer 2");
    await page.keyboard.press("Shift+U");
    await page.keyboard.press("j");
    await shown(page, "answer 1");
    await page.keyboard.press("k");
    await shown(page, "answer 2");

    await saved(page);
    expect(await mine("keys")).toEqual([`trace ${traceId("keys", 2)} keys_correctness correct`, `trace ${traceId("keys", 3)} keys_correctness incorrect`]);
    expect(complaints).toEqual([]);
  });

  test("a label and a rating take two keys; a reason takes its letters and two", async () => {
    const { page } = await review("two", 3, { name: "two_correctness" });
    await rubric("two", "two_helpfulness", { type: "CONTINUOUS", optimization_direction: "MAXIMIZE", lower_bound: 1, upper_bound: 5 });
    await page.reload();
    await shown(page, "answer 2");

    await page.keyboard.press("2");
    await page.keyboard.press("r");
    await page.keyboard.type("so so, 3 of 5");
    await page.keyboard.press("Escape");
    await page.keyboard.press("4");
    await shown(page, "answer 1");
    await page.keyboard.press("1");
    await page.keyboard.press("9");
    await page.getByText("two_helpfulness has no answer 9.").waitFor();
    await page.keyboard.press("5");
    await shown(page, "answer 0");

    await saved(page);
    expect(await mine("two")).toEqual([
      `trace ${traceId("two", 1)} two_correctness correct`,
      `trace ${traceId("two", 1)} two_helpfulness 5`,
      `trace ${traceId("two", 2)} two_correctness partial “so so, 3 of 5”`,
      `trace ${traceId("two", 2)} two_helpfulness 4`,
    ]);
  });

  test("notes, corrections and flags are mine; text is kept while it is written and traps no key", async () => {
    const { page } = await review("texts", 2, { name: "texts_correctness" });
    await shown(page, "answer 1");
    await page.keyboard.press("n");
    await page.keyboard.type("ask the team");
    await page.keyboard.press("Escape");
    await page.keyboard.press("c");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("the right answer");
    await page.keyboard.press("Control+Enter");
    await page.getByText("texts_correctness has no answer yet.").waitFor();
    await page.keyboard.press("f");
    await page.keyboard.press("r");
    await page.keyboard.type("wrong year");
    await page.keyboard.press("Escape");
    await page.keyboard.press("3");
    await shown(page, "answer 0");
    await page.keyboard.press("1");
    await page.getByText("Nothing left: 2 of 2").waitFor();

    await saved(page);
    const trace = `trace ${traceId("texts", 1)}`;
    expect(await mine("texts")).toEqual([
      `trace ${traceId("texts", 0)} texts_correctness correct`,
      `${trace} correction “the right answer”`,
      `${trace} flag flagged`,
      `${trace} note “ask the team”`,
      `${trace} texts_correctness incorrect “wrong year”`,
    ]);
  });

  test("a score that breaks the bounds is refused in words, and not bent into them", async () => {
    const { page } = await review("bounds", 2, { name: "bounds_score", type: "CONTINUOUS", optimization_direction: "MAXIMIZE", lower_bound: 0, upper_bound: 100 });
    await shown(page, "answer 1");
    await page.keyboard.type("900");
    await page.keyboard.press("Enter");
    await page.getByText("It has to be 0 to 100.").waitFor();
    await shown(page, "answer 1");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("90");
    await page.keyboard.press("Enter");
    await shown(page, "answer 0");
    await saved(page);
    expect(await mine("bounds")).toEqual([`trace ${traceId("bounds", 1)} bounds_score 90`]);
  });

  test("documents are judged one key each, beside the judge", async () => {
    const before = await others("support-bot");
    const { page } = await open("/p/support-bot/review/adhoc?rubrics=correctness");
    await page.getByRole("heading", { name: /^Documents/ }).waitFor();
    await progress(page);
    const documents = await page.getByRole("article").count();
    await page.keyboard.press("d");
    for (let place = 0; place < documents; place += 1) await page.keyboard.press(place === 0 ? "1" : "2");
    await page.keyboard.press("1"); // the question again
    await told(page, /Saved correct\. Item 2 of/);

    await saved(page);
    const said = (await annotations("support-bot", "Ada")).filter(({ target }) => target.kind === "document");
    expect(said.map(({ target, result }) => `${target.position} ${result?.label} ${result?.score}`).toSorted()).toEqual(Array.from({ length: documents }, (_, place) => (place === 0 ? "0 relevant 1" : `${place} irrelevant 0`)));
    expect(await others("support-bot")).toEqual(before);
  });

  test("200 answers 60 ms apart are each on the item that was shown", async () => {
    await send("fast", 220);
    await rubric("fast", "fast_correctness", CORRECTNESS);
    const { page, complaints } = await open("/p/fast/review/adhoc?level=trace&rubrics=fast_correctness");
    await shown(page, "answer 219");
    const expected: string[] = [];
    const labels = ["correct", "partial", "incorrect"];
    for (let answer = 219; answer > 19; answer -= 1) {
      const digit = (answer * 7) % 3;
      expected.push(`trace ${traceId("fast", answer)} fast_correctness ${labels[digit]}`);
      await page.getByRole("region", { name: "Item" }).waitFor(); // any: which one it is, the answers tell
      const pressed = Date.now();
      await page.keyboard.press(String(digit + 1));
      await sleep(Math.max(0, 60 - (Date.now() - pressed)));
    }
    await shown(page, "answer 19");
    await saved(page);
    expect(await mine("fast")).toEqual(expected.toSorted());
    expect(complaints).toEqual([]);
  });
});

test("by mouse alone: one click answers and goes on, and buttons do the rest", async () => {
  const { page } = await review("mouse", 3, { name: "mouse_correctness" });
  await shown(page, "answer 2");
  await page.getByText("partial").click();
  await shown(page, "answer 1");
  await page.getByRole("button", { name: "Flag" }).click();
  await page.getByRole("button", { name: "Skip" }).click();
  await shown(page, "answer 0");
  await page.getByRole("button", { name: "Back" }).click();
  await page.getByRole("button", { name: "Flagged" }).click();
  await page.getByLabel(/^Reason for/).fill("half of it");
  await page.getByText("correct", { exact: true }).click();
  await shown(page, "answer 0");

  await saved(page);
  expect(await mine("mouse")).toEqual([`trace ${traceId("mouse", 1)} mouse_correctness correct “half of it”`, `trace ${traceId("mouse", 2)} mouse_correctness partial`]);
});

test("what others said is hidden until I have answered, and stays as it was", async () => {
  await send("blind", 2);
  await rubric("blind", "blind_correctness", CORRECTNESS);
  await put("blind_correctness", traceId("blind", 1), "Grace", "partial", "Grace’s reason");
  await put("blind_correctness", traceId("blind", 1), "judge-v1", "incorrect", "The judge’s reason", "LLM");
  const before = await others("blind");
  const { page } = await open("/p/blind/review/adhoc?level=trace&rubrics=blind_correctness&stay=1");
  await shown(page, "answer 1");
  await page.getByText("Hidden until you have answered.").waitFor();
  await page.keyboard.press("o");
  await page.getByText("Others’ answers are shown once you have answered.").waitFor();
  expect(await page.getByText("Grace’s reason").count()).toBe(0);

  await page.keyboard.press("1");
  await page.keyboard.press("o");
  await page.getByText("Grace’s reason").waitFor();
  await page.getByText("The judge’s reason").waitFor();

  await saved(page);
  expect(await others("blind")).toEqual(before);
  expect(await mine("blind")).toEqual([`trace ${traceId("blind", 1)} blind_correctness correct`]);
});

describe("when something goes wrong", () => {
  test("the server stops in the middle: I go on, reload, and nothing is lost", async () => {
    const mortal = await startServer();
    onTestFinished(mortal.stop);
    await send("mortal", 6, mortal);
    await rubric("mortal", "correctness", CORRECTNESS, mortal);
    const { page } = await open("/p/mortal/review/adhoc?level=trace", mortal);
    await shown(page, "answer 5");
    await page.keyboard.press("1");
    await saved(page);

    await mortal.halt();
    await page.keyboard.press("2");
    await page.keyboard.press("3");
    await page.keyboard.press("r");
    await page.keyboard.type("while it was away");
    await page.keyboard.press("Escape");
    await page.keyboard.press("1");
    await shown(page, "answer 1");
    await page.getByRole("button", { name: "3 waiting, the server does not answer" }).waitFor();
    expect(await barriers(page)).toEqual([]);

    await mortal.start();
    await page.reload();
    await saved(page);
    await shown(page, "answer 1");
    expect(await progress(page)).toBe("5 of 6");
    expect(await mine("mortal", "Ada", mortal)).toEqual([
      `trace ${traceId("mortal", 2)} correctness correct “while it was away”`,
      `trace ${traceId("mortal", 3)} correctness incorrect`,
      `trace ${traceId("mortal", 4)} correctness partial`,
      `trace ${traceId("mortal", 5)} correctness correct`,
    ]);
  });

  test("the server comes back while I go on: what waited is sent without a reload", async () => {
    const mortal = await startServer();
    onTestFinished(mortal.stop);
    await send("mortal", 3, mortal);
    await rubric("mortal", "correctness", CORRECTNESS, mortal);
    const { page } = await open("/p/mortal/review/adhoc?level=trace", mortal);
    await shown(page, "answer 2");
    await mortal.halt();
    await page.keyboard.press("2");
    await page.keyboard.press("u");
    await page.keyboard.press("3");
    await page.getByRole("button", { name: /waiting, the server does not answer/ }).waitFor();
    await mortal.start();
    await saved(page);
    expect(await mine("mortal", "Ada", mortal)).toEqual([`trace ${traceId("mortal", 2)} correctness incorrect`]);
  });

  test("two reviewers at once: two answers stand side by side", async () => {
    const { page: ada } = await review("both", 2, { name: "both_correctness" });
    const { page: grace } = await open("/p/both/review/adhoc?level=trace&rubrics=both_correctness", server, "Grace");
    await Promise.all([shown(ada, "answer 1"), shown(grace, "answer 1")]);
    await ada.keyboard.press("1");
    await grace.keyboard.press("3");
    await Promise.all([saved(ada), saved(grace)]);
    expect(await mine("both", "Ada")).toEqual([`trace ${traceId("both", 1)} both_correctness correct`]);
    expect(await mine("both", "Grace")).toEqual([`trace ${traceId("both", 1)} both_correctness incorrect`]);
  });

  test("a reason that was written before there is an answer is there after a reload, and goes with the answer", async () => {
    const { page } = await review("early", 2, { name: "early_correctness" });
    await shown(page, "answer 1");
    await page.keyboard.press("r");
    await page.keyboard.type("No such plan.");
    await page.keyboard.press("Escape");
    await page.reload();
    await shown(page, "answer 1");
    await expect.poll(() => page.getByRole("textbox", { name: /^Reason for early_correctness/ }).inputValue()).toBe("No such plan.");
    await page.keyboard.press("3");
    await shown(page, "answer 0");
    await saved(page);
    expect(await mine("early")).toEqual([`trace ${traceId("early", 1)} early_correctness incorrect “No such plan.”`]);
    await page.keyboard.press("u");
    await shown(page, "answer 1");
    await saved(page);
    await page.reload();
    await shown(page, "answer 1");
    await expect.poll(() => page.getByRole("textbox", { name: /^Reason for early_correctness/ }).inputValue()).toBe("No such plan.");
  });

  test("an item deleted under the hand says so, and holds up nothing", async () => {
    const { page } = await review("gone", 3, { name: "gone_correctness" });
    await shown(page, "answer 2");
    await ok(fetch(`${server.origin}/v1/traces/${traceId("gone", 2)}`, { method: "DELETE" }));
    await page.keyboard.press("1");
    await page.keyboard.press("2");
    await shown(page, "answer 0");
    await page.getByRole("button", { name: "1 not saved" }).waitFor();
    // The two were refused together; the other is tried alone after that.
    await expect.poll(() => mine("gone"), { timeout: PATIENCE_MS }).toEqual([`trace ${traceId("gone", 1)} gone_correctness partial`]);

    await page.keyboard.press("k");
    await page.keyboard.press("k");
    const alert = page.getByRole("region", { name: "Item" }).getByRole("alert");
    await expect.poll(() => alert.innerText()).toMatch(/do not exist/);
    await expect.poll(() => alert.getByRole("button", { name: "Retry" }).isVisible()).toBe(true);
    expect(await barriers(page)).toEqual([]);
    await alert.getByRole("button", { name: "Discard" }).click();
    await saved(page);
  });

  test("an answer of mine that I changed elsewhere: both are shown, and I choose", async () => {
    const { page } = await review("twice", 2, { name: "twice_correctness" });
    await shown(page, "answer 1");
    await put("twice_correctness", traceId("twice", 1), "Ada", "partial");
    await page.keyboard.press("1");
    await page.getByRole("button", { name: "1 not saved" }).click();
    expect((await mine("twice"))[0]).toContain("partial");
    await page.getByRole("button", { name: "Keep mine: correct" }).click();
    await saved(page);
    expect((await mine("twice"))[0]).toContain("correct");
  });

  test("an answer of 5 MB is read in part first, and whole on demand", async () => {
    const line = "All work and no play makes Jack a dull boy. ";
    await send("long", 2, server, (place) => (place === 1 ? `${line.repeat(Math.ceil(5_000_000 / line.length))}The end.` : `answer ${place}`));
    await rubric("long", "long_correctness", CORRECTNESS);
    const { page, complaints } = await open("/p/long/review/adhoc?level=trace&rubrics=long_correctness");
    await shown(page, "All work and no play");
    await page.getByRole("button", { name: "Read all of it" }).click();
    await page.getByRole("button", { name: /^Show the rest \(4,9/ }).click();
    await expect.poll(() => page.evaluate(() => document.body.textContent?.includes("The end.")), { timeout: PATIENCE_MS }).toBe(true);
    await page.keyboard.press("2");
    await shown(page, "answer 0");
    await saved(page);
    expect(complaints).toEqual([]);
  });

  test("a project that is not there is told, with a way on", async () => {
    const { page } = await open("/p/no-such-project/review/adhoc");
    const alert = page.getByRole("alert");
    await alert.getByText(/no-such-project/).waitFor();
    expect(await alert.getByRole("link", { name: "All projects" }).getAttribute("href")).toBe("/");
    expect(await barriers(page)).toEqual([]);
  });

  test("a filter that is wrong, and one that matches nothing, are told", async () => {
    const { page } = await open("/p/support-bot/review/adhoc?f=nonsense%20%3D%3D");
    await page.getByRole("alert").waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Try again" }).isVisible()).toBe(true);
    await page.goto(`/p/support-bot/review/adhoc?f=${encodeURIComponent("latency_ms > 99999999")}`);
    await page.getByText("Nothing matches").waitFor();
    expect(await barriers(page)).toEqual([]);
  });
});

test("other questions and other options keep the place, and what can be undone", async () => {
  const { page } = await review("options", 4, { name: "options_correctness" });
  await rubric("options", "options_helpfulness", { type: "CONTINUOUS", optimization_direction: "MAXIMIZE", lower_bound: 1, upper_bound: 5 });
  await page.reload();
  await shown(page, "answer 3");
  await page.keyboard.press("1");
  await page.keyboard.press("4");
  await shown(page, "answer 2");
  await page.getByRole("button", { name: "Options" }).click();
  await page.getByRole("checkbox", { name: "options_helpfulness" }).uncheck();
  await page.getByRole("checkbox", { name: /^Stay after the last answer/ }).check();
  await page.keyboard.press("Escape");
  await page.getByRole("group", { name: "options_helpfulness" }).waitFor({ state: "detached" });
  await shown(page, "answer 2");
  await expect.poll(() => progress(page)).toBe("2 of 4");
  await page.keyboard.press("3");
  await told(page, "Saved incorrect.");
  await shown(page, "answer 2");
  await page.keyboard.press("j");
  await shown(page, "answer 1");
  await page.keyboard.press("u");
  await shown(page, "answer 2");
  await page.keyboard.press("u");
  await shown(page, "answer 3");
  await saved(page);
  expect(await mine("options")).toEqual([`trace ${traceId("options", 3)} options_correctness correct`]);
  await page.getByRole("button", { name: "Options" }).click();
  await page.getByRole("checkbox", { name: "options_helpfulness" }).check();
  await page.getByRole("group", { name: "options_helpfulness" }).waitFor();
  await shown(page, "answer 3");
});

test("at the end: all of all, my answers to take away, and the way back", async () => {
  const { page } = await review("end", 2, { name: "end_correctness" });
  await shown(page, "answer 1");
  await page.keyboard.press("1");
  await page.keyboard.press("2");
  await page.getByRole("heading", { name: "Nothing left: 2 of 2" }).waitFor();
  await saved(page);
  expect(await barriers(page)).toEqual([]);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /Export my answers/ }).click()]);
  const rows = (await (await download.createReadStream()).setEncoding("utf8").toArray()).join("");
  expect(rows).toContain("end_correctness");
  expect(rows.trim().split("\n")).toHaveLength(3);

  await page.reload();
  await page.getByRole("heading", { name: "Nothing left: 2 of 2" }).waitFor();
  await page.getByRole("button", { name: "Look through all 2 again" }).click();
  await shown(page, "answer 1");
  await expect.poll(() => page.getByRole("radio", { name: /^correct/ }).isChecked()).toBe(true);
});

test("the level, the filter and single ids of the address are what is reviewed", async () => {
  await send("chosen", 4);
  await rubric("chosen", "chosen_correctness", CORRECTNESS);
  const { page } = await open(`/p/chosen/review/adhoc?level=span&id=${spanId("chosen", 0)},${spanId("chosen", 2)}`);
  await shown(page, "answer 0");
  await page.keyboard.press("1");
  await shown(page, "answer 2");
  expect(await progress(page)).toBe("2 of 2");
  await page.goto(`/p/chosen/review/adhoc?level=span&f=${encodeURIComponent("output.value == 'answer 1'")}`);
  await shown(page, "answer 1");
  expect(await progress(page)).toBe("1 of 1");
  await saved(page);
  expect(await mine("chosen")).toEqual([`span ${spanId("chosen", 0)} chosen_correctness correct`]);
});

test.each([
  { colorScheme: "light", width: 1440 },
  { colorScheme: "dark", width: 1440 },
  { colorScheme: "light", width: 768 },
  { colorScheme: "dark", width: 768 },
  { colorScheme: "light", width: 390 },
  { colorScheme: "dark", width: 390 },
  { colorScheme: "light", width: 320 },
] as const)("the review has no barrier in $colorScheme at $width", async ({ colorScheme, width }) => {
  const { page } = await open("/p/support-bot/review/adhoc", server, "Visitor", { colorScheme, viewport: { width, height: 844 } });
  await page.getByRole("heading", { name: "Question" }).waitFor();
  await page.keyboard.press("d");
  await page.keyboard.press("n");
  expect(await barriers(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(844);
  await picture(page, `review-${colorScheme}-${width}`);
});

test("the content has most of the width, and nothing moves for those who want no motion", async () => {
  const { page } = await open("/p/support-bot/review/adhoc", server, "Visitor", { reducedMotion: "reduce" });
  await page.getByRole("heading", { name: "Question" }).waitFor();
  expect((await page.getByRole("region", { name: "Item" }).boundingBox())?.width).toBeGreaterThanOrEqual(760);
  await page.keyboard.press("1");
  // At once: what moves has come to rest a moment later.
  expect(await page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === "running").length)).toBe(0);
  await page.setViewportSize({ width: 1280, height: 800 });
  expect((await page.getByRole("region", { name: "Item" }).boundingBox())?.width).toBeGreaterThanOrEqual(600);
});

test("at a large zoom all answers are in view beside the item", async () => {
  const values = ["wrong", "poor", "fair", "good"].map((label, score) => ({ label, score }));
  const { page } = await review("zoomed", 2, { name: "zoomed_quality", ...CORRECTNESS, values }, { viewport: { width: 640, height: 400 } });
  const answers = page.getByRole("radio");
  await expect.poll(() => answers.count()).toBe(4);
  const end = (await page.getByRole("button", { name: "Next" }).boundingBox())?.y ?? 0;
  for (const label of await page.locator("label:has(input[type=radio])").all()) {
    const box = await label.boundingBox();
    expect((box?.y ?? end) + (box?.height ?? 0)).toBeLessThanOrEqual(end);
  }
  expect((await page.getByRole("region", { name: "Item" }).boundingBox())?.width).toBeGreaterThanOrEqual(320);
  await picture(page, "review-zoomed");
});

test.each([
  [1440, 900],
  [1000, 800],
  [640, 400],
  [390, 844],
])("an item that is flagged and skipped keeps its buttons in one line, at %i × %i", async (width, height) => {
  const { page } = await review(`${width}-marked`, 2, { name: `marked_${width}` }, { viewport: { width, height } });
  await shown(page, "answer 1");
  await page.keyboard.press("f");
  await page.getByRole("button", { name: "Flagged" }).waitFor();
  await page.keyboard.press("s");
  await shown(page, "answer 0");
  await page.keyboard.press("k");
  await page.getByRole("button", { name: "Skipped" }).waitFor();
  const tops = await Promise.all(["Back", "Skipped", "Flagged", "Note", "Next"].map(async (name) => (await page.getByRole("button", { name }).boundingBox())?.y));
  expect(new Set(tops).size).toBe(1);
});

test("with single keys turned off digits answer nothing, and the form still works", async () => {
  const { page } = await review("quiet", 2, { name: "quiet_correctness" });
  await shown(page, "answer 1");
  await page.keyboard.press("?");
  await page.getByLabel(/Keys without Ctrl/).uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("1");
  await shown(page, "answer 1");
  await page.getByRole("radio", { name: /^partial/ }).focus();
  await page.keyboard.press("Space");
  await shown(page, "answer 0");
  await saved(page);
  expect(await mine("quiet")).toEqual([`trace ${traceId("quiet", 1)} quiet_correctness partial`]);
});

// --- what the tests are made of ---

/** A project with answers "answer 0" (the oldest) to `count - 1` and one rubric, open for review by Ada. */
async function review(project: string, count: number, { name, ...form }: { name: string; [field: string]: unknown }, options: Parameters<typeof visit>[1] = {}) {
  await send(project, count);
  await rubric(project, name, "type" in form ? form : CORRECTNESS);
  return open(`/p/${project}/review/adhoc?level=trace`, server, "Ada", options);
}

async function open(path: string, at: Server = server, person = "Ada", options: Parameters<typeof visit>[1] = {}) {
  const visited = await visit(at.origin, options);
  onTestFinished(visited.close);
  visited.page.setDefaultTimeout(PATIENCE_MS);
  await visited.page.addInitScript((name) => {
    if (localStorage.getItem("rubricate:preferences") === null) localStorage.setItem("rubricate:preferences", JSON.stringify({ person: name }));
  }, person);
  await visited.page.goto(path);
  return visited;
}

async function shown(page: Page, answer: string): Promise<void> {
  await page.getByRole("group", { name: "Answer" }).getByText(answer).first().waitFor();
}

async function told(page: Page, words: string | RegExp): Promise<void> {
  await page.locator("[aria-live=polite]").getByText(words).first().waitFor({ state: "attached" });
}

async function saved(page: Page): Promise<void> {
  await page.getByText("All saved").waitFor();
}

async function progress(page: Page): Promise<string> {
  const place = page.getByRole("banner").getByText(/^\d+ of \d+$/);
  await place.waitFor();
  return place.innerText();
}

async function annotations(project: string, person?: string, at: Server = server): Promise<Annotation[]> {
  const query = new URLSearchParams({ limit: "1000", ...(person === undefined ? {} : { identifier: `app:${person}` }) });
  return ((await ok(fetch(`${at.origin}/v1/projects/${project}/annotations?${query}`)).then((answer) => answer.json())) as { data: Annotation[] }).data;
}

/** All that a person said in a project, as the API has it. */
async function mine(project: string, person = "Ada", at: Server = server): Promise<string[]> {
  return (await annotations(project, person, at))
    .map(({ target, name, result }) => [target.kind, target.id, name, result?.label ?? result?.score, result?.explanation && `“${result.explanation}”`].filter((part) => part !== null && part !== undefined).join(" "))
    .toSorted();
}

/** Whole records of everybody but Ada. */
async function others(project: string): Promise<Annotation[]> {
  return (await annotations(project)).filter(({ identifier }) => identifier !== "app:Ada");
}

async function send(project: string, count: number, at: Server = server, answer = (place: number) => `answer ${place}`): Promise<void> {
  const spans = Array.from({ length: count }, (_, place) => ({
    name: "ask",
    span_kind: "CHAIN",
    context: { trace_id: traceId(project, place), span_id: spanId(project, place) },
    start_time: new Date(Date.UTC(2026, 10, 23, 12, 0, place)).toISOString(),
    end_time: new Date(Date.UTC(2026, 10, 23, 12, 0, place + 1)).toISOString(),
    attributes: { "input.value": `question ${place}`, "output.value": answer(place) },
  }));
  await ok(post(`/v1/projects/${project}/spans`, { data: spans }, at));
}

async function rubric(project: string, name: string, form: object, at: Server = server): Promise<void> {
  const made = (await (await ok(post("/v1/annotation_configs", { name, ...form }, at))).json()) as { data: { id: string } };
  await ok(fetch(`${at.origin}/v1/projects/${project}/annotation_configs/${made.data.id}`, { method: "PUT" }));
}

async function put(name: string, trace: string, person: string, label: string, explanation: string | null = null, kind = "HUMAN"): Promise<void> {
  const identifier = kind === "HUMAN" ? `app:${person}` : person;
  const data = [{ target: { kind: "trace", id: trace }, name, annotator_kind: kind, identifier, source: "API", result: { label, score: null, explanation } }];
  await ok(fetch(`${server.origin}/v1/annotations`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ data }) }));
}

function post(path: string, body: unknown, at: Server): Promise<Response> {
  return fetch(`${at.origin}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

async function ok(asked: Promise<Response>): Promise<Response> {
  const answer = await asked;
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  return answer;
}

function traceId(project: string, place: number): string {
  return `${Buffer.from(project).toString("hex").padEnd(24, "0").slice(0, 24)}${place.toString(16).padStart(8, "0")}`;
}

function spanId(project: string, place: number): string {
  return `${Buffer.from(project).toString("hex").padEnd(12, "0").slice(0, 12)}${(place + 1).toString(16).padStart(4, "0")}`;
}
