import { execFileSync } from "node:child_process";

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { barriers, picture, visit } from "./browser";
import { type Server, startServer } from "./server";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

test("a new server waits for its first span, and shows it when the snippet was pasted into a shell", async () => {
  const { page, complaints, close } = await visit(server.origin);
  onTestFinished(close);
  await page.goto("/");
  await page.getByText("Waiting for the first span…").waitFor();
  await picture(page, "first-span");
  expect(await barriers(page)).toEqual([]);
  const snippet = await page.getByRole("region", { name: "One span, from a shell" }).locator("pre").innerText();
  expect(snippet).toContain(server.origin);

  execFileSync("bash", ["-c", `${snippet} --silent --show-error --fail-with-body`]);

  // No reload, no click: whoever waited is led to it.
  await page.getByText("The first span of my-app is here.").waitFor();
  await page.getByRole("heading", { level: 1, name: "my-app" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/p/my-app/explore");
  await page.getByText("first span").first().waitFor();
  expect(complaints).toEqual([]);
});

test("when the server goes away, the page says so", async () => {
  const mortal = await startServer("--sample");
  const { page, close } = await visit(mortal.origin);
  onTestFinished(close);
  await page.goto("/");
  const project = page.getByRole("main").getByRole("link").first();
  await project.waitFor();

  await mortal.stop();
  await project.click();

  const alert = page.getByRole("alert");
  await alert.waitFor();
  await expect.poll(() => alert.innerText()).toContain("the server does not answer");
});
