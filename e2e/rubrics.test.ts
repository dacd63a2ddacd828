import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

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

test("the list says what each rubric asks, where, how often it was answered, and in which version", async () => {
  const { page, complaints } = await open("/rubrics");
  const row = page.getByRole("row", { name: /^correctness/ });
  await row.getByText("105").waitFor();
  await expect.poll(() => row.getByRole("cell").nth(0).innerText()).toMatch(/✓\s+correct\s+◐\s+partial\s+✕\s+incorrect/);
  await expect.poll(() => row.getByRole("link", { name: "support-bot" }).getAttribute("href")).toBe("/p/support-bot");
  await expect.poll(() => row.getByRole("cell").last().innerText()).toBe("1");
  await picture(page, "rubrics");

  await row.getByRole("link", { name: "correctness" }).click();
  await page.getByRole("heading", { level: 1, name: "correctness" }).waitFor();
  await page.getByRole("link", { name: "105 annotations" }).click();
  await page.getByRole("heading", { level: 1, name: "Annotations of support-bot" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "correctness" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Rubrics" }).waitFor();
  expect(complaints).toEqual([]);
});

test("a preset is one click, is shown as reviewers see it, and is made with its projects", async () => {
  const { page, complaints } = await open("/rubrics");
  await page.getByRole("link", { name: "New rubric" }).click();
  await page.getByRole("button", { name: "Pass or fail, with a reason" }).click();
  const preview = page.getByRole("region", { name: "What reviewers see" });
  await expect.poll(() => preview.getByRole("group", { name: "acceptance" }).innerText()).toMatch(/acceptance\s+Is the answer good enough\? Say why not\.\s+Guideline\s+✓\s+pass\s+1\s+✕\s+fail\s+2/);
  await preview.getByRole("radio", { name: /fail/ }).check();
  await page.getByRole("checkbox", { name: "support-bot" }).check();
  await page.getByRole("button", { name: "Make the rubric" }).click();

  await page.getByText("Made acceptance.").waitFor();
  await page.getByRole("heading", { level: 1, name: "acceptance" }).waitFor();
  await expect.poll(() => page.getByRole("checkbox", { name: "support-bot" }).isChecked()).toBe(true);
  expect(await rubric("acceptance")).toMatchObject({
    type: "CATEGORICAL",
    optimization_direction: "MAXIMIZE",
    guideline: expect.stringContaining("One sentence is enough.") as string,
    values: [
      { label: "pass", score: 1 },
      { label: "fail", score: 0 },
    ],
  });
  expect(await asked("support-bot")).toContain("acceptance");
  expect(complaints).toEqual([]);
});

test("with the keyboard alone: a rubric of labels with scores, marks and meanings, in another order than typed", async () => {
  const { page, complaints } = await open("/rubrics");
  await page.getByRole("link", { name: "New rubric" }).waitFor();
  await tabTo(page, "New rubric");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "New rubric" }).waitFor();
  await tabTo(page, "Name");
  await page.keyboard.type("tone");
  await page.keyboard.press("Tab");
  await page.keyboard.type("How does it sound?");
  await tabTo(page, "Label 1");
  for (const cell of ["harsh", "0", "‼", "It hurts."]) {
    await page.keyboard.type(cell);
    await page.keyboard.press("Tab");
  }
  await tabTo(page, "Label 2");
  await page.keyboard.type("kind");
  await page.keyboard.press("Tab");
  await page.keyboard.type("1");
  await tabTo(page, "Add a label");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page), { message: "a new row is where one goes on typing" }).toBe("Label 3");
  await page.keyboard.type("plain");
  await page.keyboard.press("Tab");
  await page.keyboard.type("0,5");

  await tabTo(page, "Move label 3 up");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page), { message: "the focus goes with the row" }).toBe("Move label 2 up");
  await page.getByText("plain is now number 2 of 3.").waitFor({ state: "attached" });
  await tabTo(page, "Move label 1 down", "Shift+Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("Move label 2 down");
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page)).toBe("Move label 3 down");

  await tabTo(page, /^A high score is good/);
  await page.keyboard.press("ArrowDown");
  await page.getByText("“harsh” is the best and “kind” the worst").waitFor();
  await page.keyboard.press("ArrowUp");
  await tabTo(page, "Guideline");
  await page.keyboard.type("Read it aloud.");
  await page.getByRole("checkbox", { name: "support-bot" }).waitFor();
  await tabTo(page, "support-bot");
  await page.keyboard.press("Space");
  await tabTo(page, "Make the rubric");
  await page.keyboard.press("Enter");

  await page.getByText("Made tone.").waitFor();
  expect(await rubric("tone")).toMatchObject({
    description: "How does it sound?",
    guideline: "Read it aloud.",
    optimization_direction: "MAXIMIZE",
    values: [
      { label: "plain", score: 0.5 },
      { label: "kind", score: 1 },
      { label: "harsh", score: 0, glyph: "‼", description: "It hurts." },
    ],
  });
  expect(await asked("support-bot")).toContain("tone");
  expect(complaints).toEqual([]);
});

test("an edit says that it makes a version, and the versions say what was changed", async () => {
  await made({ type: "CONTINUOUS", name: "clarity", optimization_direction: "MAXIMIZE", lower_bound: 1, upper_bound: 5 });
  const { page } = await open("/rubrics/clarity");
  const save = page.getByRole("button", { name: "Save as version 2" });
  await save.waitFor();
  await expect.poll(() => save.getAttribute("aria-disabled")).toBe("true");
  await page.getByLabel("Highest score").fill("3");
  await page.getByLabel("Step", { exact: true }).fill("0.5");
  await page.getByText("Answers given so far keep the version under which they were given.").waitFor();
  await expect.poll(() => page.getByRole("region", { name: "What reviewers see" }).getByRole("radio").count()).toBe(5);
  await save.click();

  await page.getByText("Saved as version 2.").waitFor();
  const versions = page.getByRole("region", { name: "Versions" });
  const [newest, first] = [versions.getByRole("listitem").filter({ hasText: "Version 2" }), versions.getByRole("listitem").filter({ hasText: "Version 1" })];
  await expect.poll(() => newest.first().innerText()).toContain("The score is 1 to 3 in steps of 0.5, before it was 1 to 5.");
  await page.getByRole("button", { name: "Save as version 3" }).waitFor();

  await first.first().getByText("How it looked").click();
  await first.first().getByRole("button", { name: "Put it in the form again" }).click();
  await expect.poll(() => page.getByLabel("Highest score").inputValue()).toBe("5");
  await page.getByRole("button", { name: "Save as version 3" }).click();
  await page.getByText("Saved as version 3.").waitFor();
  expect(await rubric("clarity")).toMatchObject({ lower_bound: 1, upper_bound: 5 });
});

test("what is wrong is said beside its field, also what only the server knows", async () => {
  const { page } = await open("/rubrics?new");
  await page.getByRole("button", { name: "Correct, partial, incorrect" }).click();
  await page.getByLabel("Label 2", { exact: true }).fill("correct");
  await page.getByLabel("Score 3").fill("none");
  await page.getByRole("button", { name: "Make the rubric" }).click();
  await expect.poll(() => focused(page)).toBe("Label 2");
  await expect.poll(() => described(page)).toContain("“correct” is there already.");
  await expect.poll(() => page.getByLabel("Score 3").getAttribute("aria-invalid")).toBe("true");

  await page.getByLabel("Label 2", { exact: true }).fill("partial");
  await page.getByLabel("Score 3").fill("0");
  await page.getByRole("button", { name: "Make the rubric" }).click(); // the sample has one of this name
  await page.getByText("An annotation configuration named 'correctness' exists already").waitFor();
  await expect.poll(() => focused(page)).toBe("Name");
  await page.getByLabel("Name", { exact: true }).fill("skip");
  await page.keyboard.press("Enter");
  await page.getByText("The name 'skip' is reserved").waitFor();
  await expect.poll(() => described(page)).toContain("choose another one");
});

test("checkboxes assign at once, and a deleted rubric comes back with its projects and versions", async () => {
  const id = await made({ type: "FREEFORM", name: "remark", optimization_direction: "NONE" });
  const { page, complaints } = await open("/rubrics/remark");
  await page.getByRole("checkbox", { name: "support-bot" }).check();
  await page.getByText("support-bot is asked remark from now on.").waitFor();
  await expect.poll(() => asked("support-bot")).toContain("remark");
  await page.getByLabel("Question").fill("Anything else?");
  await page.getByRole("button", { name: "Save as version 2" }).click();
  await page.getByText("Saved as version 2.").waitFor();

  await page.getByRole("button", { name: "Delete this rubric" }).click();
  await page.getByText("Deleted remark.").waitFor();
  await page.getByRole("heading", { level: 1, name: "Rubrics" }).waitFor();
  await expect.poll(() => page.getByRole("link", { name: "remark", exact: true }).count()).toBe(0);

  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("remark is back.").waitFor();
  await page.getByRole("link", { name: "remark", exact: true }).waitFor();
  expect(await rubric("remark")).toMatchObject({ id, description: "Anything else?" });
  expect(await asked("support-bot")).toContain("remark");
  expect(complaints).toEqual([]);
});

test("a change that somebody else makes is not written over unseen", async () => {
  const id = await made({ type: "FREEFORM", name: "shared", optimization_direction: "NONE" });
  const { page } = await open("/rubrics/shared");
  await page.getByLabel("Question").fill("Mine?");
  await put(id, { type: "FREEFORM", name: "shared", description: "Theirs?", optimization_direction: "NONE" });
  await page.getByText("Somebody saved another version").waitFor();
  await expect.poll(() => page.getByLabel("Question").inputValue()).toBe("Mine?");
  await page.getByRole("button", { name: "Start again from theirs" }).click();
  await expect.poll(() => page.getByLabel("Question").inputValue()).toBe("Theirs?");

  await put(id, { type: "FREEFORM", name: "shared", description: "Theirs again?", optimization_direction: "NONE" });
  await expect.poll(() => page.getByLabel("Question").inputValue(), { message: "an untouched form follows" }).toBe("Theirs again?");
});

test("when the server goes away, what was typed stays and the reason is said", async () => {
  const mortal = await startServer("--sample");
  const { page, close } = await visit(mortal.origin);
  onTestFinished(close);
  await page.goto("/rubrics/correctness");
  await page.getByLabel("Question").fill("Still there?");
  const save = page.getByRole("button", { name: "Save as version 2" });
  await save.waitFor();
  await mortal.stop();
  let inVain = 0;
  page.on("requestfailed", (request) => (inVain += Number(new URL(request.url()).pathname === "/v1/annotation_configs")));
  await page.evaluate(() => dispatchEvent(new Event("visibilitychange"))); // as on return to the window, when pages read anew
  await expect.poll(() => inVain).toBe(2); // it is tried twice
  await save.click();
  await page.locator("form").getByRole("alert").getByText("The server does not answer.").waitFor();
  await expect.poll(() => page.getByLabel("Question").inputValue()).toBe("Still there?");
});

test("a name that nobody has is told", async () => {
  const { page } = await open("/rubrics/nothing%20of%20the%20kind");
  await page.getByText("No rubric is called “nothing of the kind”").waitFor();
  await page.getByRole("main").getByRole("link", { name: "All rubrics" }).click();
  await page.getByRole("row", { name: /^helpfulness/ }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/rubrics");
});

test("a name with everything in it can be made, opened and changed", async () => {
  const name = `<b>à/b?c#d%20</b> "ß" ניסיון`;
  await made({ type: "FREEFORM", name, optimization_direction: "NONE" });
  const { page, complaints } = await open("/rubrics");
  await page.getByRole("link", { name }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
  await page.getByLabel("Question").fill("?");
  await page.getByRole("button", { name: "Save as version 2" }).click();
  await page.getByText("Saved as version 2.").waitFor();
  expect(complaints).toEqual([]);
});

describe.each([
  { colorScheme: "light", width: 1440 },
  { colorScheme: "dark", width: 1440 },
  { colorScheme: "light", width: 768 },
  { colorScheme: "dark", width: 768 },
  { colorScheme: "light", width: 390 },
  { colorScheme: "dark", width: 390 },
  { colorScheme: "light", width: 320 },
] as const)("in $colorScheme at $width", ({ colorScheme, width }) => {
  test("no rubric page has a barrier, or scrolls sideways", async () => {
    const { page } = await open("/rubrics", { colorScheme, viewport: { width, height: 900 } });
    await page.getByRole("link", { name: "helpfulness", exact: true }).waitFor();
    expect(await faults(page, width)).toEqual([]);
    await page.goto("/rubrics/correctness");
    await page.getByText("The first.").waitFor();
    expect(await faults(page, width)).toEqual([]);
    await page.goto("/rubrics?new");
    await page.getByRole("button", { name: "Make the rubric" }).click();
    await page.getByText("A name is needed").waitFor();
    expect(await faults(page, width)).toEqual([]);
    await page.getByText("A score", { exact: true }).click();
    await page.getByLabel("Lowest score").fill("5");
    await page.getByLabel("Highest score").fill("1");
    await page.keyboard.press("Enter");
    expect(await faults(page, width)).toEqual([]);
  });
});

/** What axe finds, and what hangs over the edge. */
async function faults(page: Page, width: number): Promise<string[]> {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  return [...(await barriers(page)), ...(wide > width ? [`${wide} px wide`] : [])];
}

/** Press Tab until something of this name has the focus. */
async function tabTo(page: Page, name: string | RegExp, key = "Tab"): Promise<void> {
  const passed: string[] = [];
  for (let press = 0; press < 60; press++) {
    await page.keyboard.press(key);
    const at = await focused(page);
    if (typeof name === "string" ? at === name : name.test(at)) return;
    passed.push(at);
  }
  throw new Error(`${String(name)} is not reached by ${key}; passed ${passed.join(", ")}`);
}

/** What the focused control is called. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const control = document.activeElement;
    const label = control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement ? control.labels?.[0]?.textContent : null;
    return (control?.getAttribute("aria-label") ?? label ?? control?.textContent ?? "").trim();
  });
}

/** What describes the focused control. */
function described(page: Page): Promise<string> {
  return page.evaluate(() => {
    const ids = document.activeElement?.getAttribute("aria-describedby")?.split(" ") ?? [];
    return ids.map((id) => document.getElementById(id)?.textContent).join(" ");
  });
}

type Json = Record<string, unknown>;

async function ask(method: string, path: string, body?: Json): Promise<unknown> {
  const answer = await fetch(`${server.origin}${path}`, { method, headers: { "content-type": "application/json" }, ...(body ? { body: JSON.stringify(body) } : {}) });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { data: unknown }).data;
}

async function rubric(name: string): Promise<unknown> {
  return ask("GET", `/v1/annotation_configs/${encodeURIComponent(name)}`);
}

async function made(body: Json): Promise<string> {
  return ((await ask("POST", "/v1/annotation_configs", body)) as { id: string }).id;
}

async function put(id: string, body: Json): Promise<void> {
  await ask("PUT", `/v1/annotation_configs/${encodeURIComponent(id)}`, body);
}

/** The names of the rubrics that a project's reviewers are asked. */
async function asked(project: string): Promise<string[]> {
  return ((await ask("GET", `/v1/projects/${project}/annotation_configs`)) as { name: string }[]).map(({ name }) => name);
}
