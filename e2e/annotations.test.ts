import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { barriers, picture, visit } from "./browser";
import { type Server, startServer } from "./server";

let server: Server;
beforeAll(async () => {
  server = await startServer("--sample");
});
afterAll(() => server?.stop());

type Annotation = { id: string; name: string; annotator_kind: string; identifier: string; updated_at: string; result: { label: string | null } | null; target: { kind: string; id: string } };

/** What the API says of the sample project's annotations, without a word of the page. */
async function annotations(query: Record<string, string> = {}): Promise<Annotation[]> {
  const answer = await fetch(`${server.origin}/v1/projects/support-bot/annotations?${new URLSearchParams({ limit: "1000", ...query })}`);
  return ((await answer.json()) as { data: Annotation[] }).data;
}

/** An annotation of Ada's own on a span that a judge annotated as well. */
async function ofAda(label: string): Promise<Annotation> {
  const [judged] = await annotations({ name: "correctness", annotator_kind: "LLM" });
  const answer = await fetch(`${server.origin}/v1/annotations`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: [{ target: { kind: judged?.target.kind, id: judged?.target.id }, name: "correctness", annotator_kind: "HUMAN", identifier: "app:Ada", source: "APP", result: { label, score: 0, explanation: "as I see it" } }] }),
  });
  return ((await answer.json()) as { data: Annotation[] }).data[0] as Annotation;
}

const AS_ADA = `localStorage.setItem("rubricate:preferences", JSON.stringify({ person: "Ada" }))`;

test("the list narrows by what is chosen, and the address keeps it", async () => {
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto("/p/support-bot/annotations");
  await page.getByRole("table").waitFor();

  await page.getByLabel("By", { exact: true }).selectOption("judges");
  await page.getByLabel("Label").fill("incorrect");
  await page.keyboard.press("Enter");

  const expected = await annotations({ annotator_kind: "LLM", label: "incorrect" });
  const rows = page.getByRole("table").locator("tbody tr");
  await expect.poll(() => rows.count()).toBe(expected.length);
  await expect.poll(() => rows.first().innerText()).toContain("incorrect");
  await page.reload();
  await expect.poll(() => rows.count()).toBe(expected.length);
  expect(complaints).toEqual([]);
});

test("I change what I said; the judge's record stays as it was, and the history keeps both of mine", async () => {
  const mine = await ofAda("incorrect");
  const before = await annotations({ annotator_kind: "LLM" });
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);
  await page.addInitScript(AS_ADA);
  await page.goto("/p/support-bot/annotations");
  await page.getByRole("button", { name: "Mine" }).click();

  const row = page.getByRole("row", { name: /correctness/ });
  await expect.poll(() => row.count()).toBe(1);
  await expect.poll(() => row.innerText()).toContain("you");
  await row.getByRole("button", { name: "Change correctness" }).click();
  await page.getByRole("dialog").getByRole("radio", { name: "partial" }).check();
  await page.getByRole("dialog").getByLabel("Explanation").fill("half right");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });

  await expect.poll(() => row.innerText()).toContain("half right");
  const [kept] = await annotations({ identifier: "app:Ada" });
  expect(kept).toMatchObject({ id: mine.id, result: { label: "partial", explanation: "half right" } });
  expect(await annotations({ annotator_kind: "LLM" })).toEqual(before);

  await row.getByRole("button", { name: "History of correctness" }).click();
  const changes = page.getByRole("dialog").getByRole("listitem");
  await expect.poll(() => changes.count()).toBe(2);
  await expect.poll(() => changes.first().innerText()).toMatch(/replaced.*half right/s);
  expect(complaints).toEqual([]);
});

test("a change that was overtaken is refused, and says so", async () => {
  await ofAda("incorrect");
  const { page, close } = await visit(server.origin);
  onTestFinished(close);
  await page.addInitScript(AS_ADA);
  await page.goto("/p/support-bot/annotations?identifier=app%3AAda");
  await page.getByRole("button", { name: "Change correctness" }).click();
  await ofAda("correct"); // from another window

  await page.getByRole("dialog").getByRole("radio", { name: "partial" }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();

  await page.getByRole("dialog").getByRole("alert").waitFor();
  expect((await annotations({ identifier: "app:Ada" }))[0]?.result?.label).toBe("correct");
});

test("nobody else's annotations can be changed here", async () => {
  const { page, close } = await visit(server.origin);
  onTestFinished(close);
  await page.addInitScript(AS_ADA);
  await page.goto("/p/support-bot/annotations?by=LLM");
  await page.getByRole("row", { name: /judge/ }).first().waitFor();

  expect(await page.getByRole("table").getByRole("button", { name: /^(Change|Delete) / }).count()).toBe(0);
});

test("all that fits is deleted and comes back", async () => {
  const doomed = await annotations({ name: "helpfulness" });
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto("/p/support-bot/annotations?name=helpfulness");
  await page.getByRole("button", { name: "Delete all that fit…" }).click();
  await page.getByRole("dialog").getByText("This deletes every annotation named helpfulness").waitFor();

  await page.getByRole("button", { name: "Delete them" }).click();

  await page.getByText(`Deleted ${doomed.length} annotations.`).waitFor();
  expect(await annotations({ name: "helpfulness" })).toEqual([]);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("They are back.").waitFor();
  const back = await annotations({ name: "helpfulness" });
  expect(back.map(({ id }) => id).toSorted()).toEqual(doomed.map(({ id }) => id).toSorted());
  expect(complaints).toEqual([]);
});

test("what others write shows by itself", async () => {
  const { page, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto("/p/support-bot/annotations?identifier=late-judge");
  await page.getByText("No annotation fits.").waitFor();
  const [judged] = await annotations({ annotator_kind: "LLM" });

  await fetch(`${server.origin}/v1/annotations`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: [{ target: { kind: judged?.target.kind, id: judged?.target.id }, name: "tone", annotator_kind: "LLM", identifier: "late-judge", source: "API", result: { label: "kind" } }] }),
  });

  await expect.poll(() => page.getByRole("row", { name: /tone.*kind/ }).count()).toBe(1);
});

test("where annotators differ, their answers stand side by side", async () => {
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto("/p/support-bot/annotations");
  await page.getByRole("radio", { name: "Where annotators differ" }).check();

  const first = page.getByRole("main").getByRole("listitem").first();
  await first.waitFor();

  const answer = await fetch(`${server.origin}/v1/projects/support-bot/disagreements?limit=1`);
  const { data } = (await answer.json()) as { data: { name: string; annotations: Annotation[] }[] };
  const shown = await first.innerText();
  expect(shown).toContain(data[0]?.name);
  for (const { identifier } of data[0]?.annotations ?? []) expect(shown).toContain(identifier.replace("app:", "").replace("Ada", ""));
  expect(complaints).toEqual([]);
});

describe.each(["light", "dark"] as const)("%s", (colorScheme) => {
  test.each([1440, 768, 390])("the annotations have no barrier at %d", async (width) => {
    const { page, close } = await visit(server.origin, { colorScheme, viewport: { width, height: 900 } });
    onTestFinished(close);
    await page.goto("/p/support-bot/annotations");
    await page.locator("tbody tr").first().waitFor();
    expect(await barriers(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await picture(page, `annotations-${colorScheme}-${width}`);

    await page.getByRole("radio", { name: "Where annotators differ" }).check();
    await page.getByRole("main").getByRole("listitem").first().waitFor();
    expect(await barriers(page)).toEqual([]);
  });
});
