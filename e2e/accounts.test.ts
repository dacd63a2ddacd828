import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { barriers, picture, visit } from "./browser";
import { type Server, startServer } from "./server";

/** Of the admin, once it is no longer the one that the server made up. */
const OWN = "nobody else knows this";

let server: Server;
let first: string;
beforeAll(async () => {
  server = await startServer("--sample", "--auth");
  first = /password (\S+) /.exec(server.said())?.[1] ?? "";
});
afterAll(() => server?.stop());

async function open(path: string, options: Parameters<typeof visit>[1] = {}): Promise<{ page: Page; complaints: () => string[] }> {
  const { page, complaints, close } = await visit(server.origin, options);
  onTestFinished(close);
  await page.goto(path);
  // Browsers complain of every answer that refuses, also of those that are wanted.
  return { page, complaints: () => complaints.filter((complaint) => !/status of (401|400|403|409|429)/.test(complaint)) };
}

async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function asAdmin(path: string, options: Parameters<typeof visit>[1] = {}) {
  const visitor = await open(path, options);
  await signIn(visitor.page, "admin", OWN);
  return visitor;
}

/** A new user, made by the admin over the API of the page; the password is the name and a word. */
async function made(name: string, role: string): Promise<string> {
  const { page, close } = await visit(server.origin);
  await page.goto("/login");
  await signIn(page, "admin", OWN);
  await page.getByRole("heading", { name: "Projects" }).waitFor();
  const password = `${name} to begin with`;
  await page.evaluate(
    async (user) => {
      const answer = await fetch("/v1/users", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ user }) });
      if (!answer.ok) throw new Error(await answer.text());
    },
    { username: name, role, password },
  );
  await close();
  return password;
}

/** Until there is something to answer: how many items there are may be known before the first of them. */
async function asked(page: Page): Promise<void> {
  await page.getByRole("group", { name: "Answer" }).first().waitFor();
}

/** Past the page that asks for a password of one's own. */
async function choose(page: Page, current: string, next: string): Promise<void> {
  await page.getByText("Somebody else chose your password").waitFor();
  await page.getByLabel("Current password").fill(current);
  await page.getByLabel("New password", { exact: true }).fill(next);
  await page.getByLabel("New password, once more").fill(next);
  await page.getByRole("button", { name: "Change the password" }).click();
}

test("a link from elsewhere leads to where one signs in, asks for a password of one's own, and back", async () => {
  const { page, complaints } = await open("/p/support-bot/explore?level=span");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await picture(page, "sign-in");
  await signIn(page, "admin", "a guess");
  await page.getByRole("alert").getByText("The name or the password is not right.").waitFor();
  expect(await barriers(page)).toEqual([]);
  await signIn(page, "admin@localhost", first);

  await choose(page, "not this one", OWN);
  await page.getByText("The current password is not right.").waitFor();
  await page.getByLabel("Current password").fill(first);
  await page.getByLabel("New password, once more").fill("something else");
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.getByText("The two are not the same.").waitFor();
  await choose(page, first, OWN);
  await page.waitForURL("**/p/support-bot/explore?level=span");
  await page.getByRole("heading", { level: 1, name: "Explore support-bot" }).waitFor(); // the page that asks stands at this address, too
  expect(complaints()).toEqual([]);
});

test("an admin makes a user, who signs in, is not asked for a name, and answers as that user", async () => {
  const { page, complaints } = await asAdmin("/settings/users");
  await page.getByRole("button", { name: "New user" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Ana <b>Müller</b>");
  await dialog.getByLabel("Role").selectOption({ label: "Annotator: looks and annotates" });
  await dialog.getByRole("button", { name: "Make the user" }).click();
  const password = await page.getByRole("dialog").locator("code").innerText();
  expect(await barriers(page)).toEqual([]);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("row", { name: /Ana <b>Müller<\/b>/ }).waitFor();
  await picture(page, "users");

  const ana = await open("/p/support-bot/review/adhoc?level=trace&rubrics=correctness");
  await signIn(ana.page, "ana <b>müller</b>", password);
  await choose(ana.page, password, "only Ana knows");
  await asked(ana.page);
  await ana.page.keyboard.press("1");
  await ana.page.getByText(/^2 of/).waitFor();
  await ana.page.getByText("All saved").waitFor();
  const said = await annotationsBy(ana.page, "Ana <b>Müller</b>");
  expect(said).toHaveLength(1);
  expect(said[0]).toMatchObject({ identifier: "app:Ana <b>Müller</b>", annotator_kind: "HUMAN", source: "APP", user_id: "Ana <b>Müller</b>" });
  await ana.page.getByRole("button", { name: "Options" }).click();
  await ana.page.getByText("You answer as Ana <b>Müller</b>").waitFor();
  expect(await ana.page.getByRole("button", { name: "Change", exact: true }).count()).toBe(0);
  expect([...complaints(), ...ana.complaints()]).toEqual([]);
});

test("when a session ends in the middle of a review, nothing that was said is lost", async () => {
  const password = await made("bea", "MEMBER");
  const { page } = await open("/p/support-bot/review/adhoc?level=trace&rubrics=correctness");
  await signIn(page, "bea", password);
  await choose(page, password, OWN);
  await asked(page);
  await page.keyboard.press("1");
  await page.getByText("All saved").waitFor();
  expect(await annotationsBy(page, "bea")).toHaveLength(1);

  await page.context().clearCookies();
  await page.keyboard.press("2");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await signIn(page, "admin", OWN); // somebody else at this browser: what bea said is not theirs to send
  await page.waitForURL("**/review/adhoc?level=trace&rubrics=correctness");
  await page.getByText(/^1 of/).waitFor();
  await page.getByText("All saved").waitFor();
  expect(await annotationsBy(page, "bea")).toHaveLength(1);

  await page.goto("about:blank"); // a page that learns that nobody is signed in leads to where one signs in by itself
  await page.context().clearCookies();
  await page.goto("/login?next=%2Fp%2Fsupport-bot%2Freview%2Fadhoc%3Flevel%3Dtrace%26rubrics%3Dcorrectness");
  await signIn(page, "bea", OWN);
  await page.waitForURL("**/review/adhoc?level=trace&rubrics=correctness");
  await page.getByText("All saved").waitFor();
  await expect.poll(() => annotationsBy(page, "bea")).toHaveLength(2);
});

test("keys are made, shown once, used and deleted", async () => {
  const { page, complaints } = await asAdmin("/settings/keys");
  await page.getByRole("region", { name: "Of the system" }).getByRole("button", { name: "New key" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make the key" }).click();
  await page.getByText("A key needs a name").waitFor();
  await page.getByRole("dialog").getByLabel("Name").fill("shop");
  await page.getByRole("dialog").getByLabel("Expires").selectOption({ label: "in 30 days" });
  await page.getByRole("dialog").getByRole("button", { name: "Make the key" }).click();
  const key = await page.getByRole("dialog").locator("code").innerText();
  expect(key).toMatch(/^rbk_/);
  await page.getByRole("button", { name: "Done" }).click();
  const row = page.getByRole("row", { name: /^shop/ });
  await row.getByText(`…${key.slice(-4)}`).waitFor();
  await picture(page, "keys");
  const ask = async () => (await fetch(`${server.origin}/v1/projects`, { headers: { "x-api-key": key } })).status;
  expect(await ask()).toBe(200);
  await page.reload();
  await row.waitFor();
  expect(await page.content()).not.toContain(key);

  await row.getByRole("button", { name: "Delete the key shop" }).click();
  await page.getByRole("button", { name: "Delete the key", exact: true }).click();
  await page.getByText("Deleted the key shop").waitFor();
  expect(await ask()).toBe(401);

  await page.goto("/account");
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("notebook");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("row", { name: /^notebook/ }).waitFor();
  await page.goto("/settings/keys");
  await page.getByRole("table", { name: "API keys of users" }).getByRole("row", { name: /^notebook admin/ }).waitFor();
  expect(complaints()).toEqual([]);
});

test("roles and passwords are changed, users are deleted, and the last admin stays", async () => {
  await made("carl", "VIEWER");
  const { page, complaints } = await asAdmin("/settings/users");
  await page.getByLabel("Role of carl").selectOption("MEMBER");
  await page.getByText("carl is a member now.").waitFor();
  await page.getByLabel("Role of admin").selectOption("VIEWER");
  await page.getByText("This is the last admin.").waitFor();
  await expect.poll(() => page.getByLabel("Role of admin").inputValue()).toBe("ADMIN");

  await page.getByRole("button", { name: "New password for carl" }).click();
  await page.getByRole("button", { name: "Set a new password" }).click();
  const password = await page.getByRole("dialog").locator("code").innerText();
  await page.getByRole("button", { name: "Done" }).click();
  const carl = await open("/login");
  await signIn(carl.page, "carl", password);
  await carl.page.getByText("Somebody else chose your password").waitFor();
  expect(await barriers(carl.page)).toEqual([]);
  await carl.page.goto("/p/support-bot");
  await carl.page.getByRole("heading", { name: "Choose a password" }).waitFor();
  await expect(carl.page.getByRole("navigation").count()).resolves.toBe(0);

  await page.getByRole("button", { name: "Delete carl" }).click();
  await page.getByRole("button", { name: "Delete the user" }).click();
  await page.getByText("Deleted carl.").waitFor();
  await carl.page.goto("/");
  await carl.page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(complaints()).toEqual([]);
});

test("who may only look is told so, and does not see what is for admins", async () => {
  const password = await made("vera", "VIEWER");
  const { page } = await open("/p/support-bot/review/adhoc");
  await signIn(page, "vera", password);
  await choose(page, password, OWN);
  await page.getByRole("heading", { name: "You may look, and not annotate" }).waitFor();
  await page.goto("/settings/users");
  await page.getByText("Only admins see this page.").waitFor();
  await page.getByRole("button", { name: /^vera/ }).click();
  await page.getByText("Signed in as vera, viewer.").waitFor();
  expect(await page.getByRole("link", { name: "Users" }).count()).toBe(0);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

test("with the keyboard alone: sign in, open the menu, sign out", async () => {
  const { page } = await open("/");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.keyboard.type("admin");
  await page.keyboard.press("Tab");
  await page.keyboard.type(OWN);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Projects" }).waitFor();
  await page.getByRole("button", { name: /^admin/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "API keys of all" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(await page.evaluate(async () => (await fetch("/v1/user")).status)).toBe(401);
});

describe.each(["light", "dark"] as const)("in the %s", (colorScheme) => {
  test.each([1440, 768, 390, 320])("at %i pixels nothing keeps anybody out", async (width) => {
    const { page } = await open("/login", { colorScheme, viewport: { width, height: 900 } });
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await barriers(page)).toEqual([]);
    await signIn(page, "admin", OWN);
    await page.getByRole("heading", { name: "Projects" }).waitFor();
    for (const [path, title] of [
      ["/account", "My account"],
      ["/settings/users", "Users"],
      ["/settings/keys", "API keys"],
    ] as const) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1, name: title }).waitFor();
      await page.getByRole("button", { name: /^New / }).first().waitFor();
      await page.getByRole("rowheader").first().waitFor(); // there is a user, and a key of one from the test of keys
      expect(await barriers(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      await picture(page, `${title.toLowerCase().replace(" ", "-")}-${colorScheme}-${width}`);
    }
  });
});

type Said = { identifier: string; annotator_kind: string; source: string; user_id: string | null };

async function annotationsBy(page: Page, user: string): Promise<Said[]> {
  return page.evaluate(async (name) => {
    const answer = await fetch(`/v1/projects/support-bot/annotations?${new URLSearchParams({ user: name }).toString()}`);
    return ((await answer.json()) as { data: Said[] }).data;
  }, user);
}
