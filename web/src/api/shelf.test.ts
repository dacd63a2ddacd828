import { afterEach, expect, test, vi } from "vitest";

import { shelf } from "./shelf";

/** A browser's storage for texts: what it holds are its own keys. */
const METHODS = {
  getItem(this: Record<string, string>, place: string) {
    return this[place] ?? null;
  },
  setItem(this: Record<string, string>, place: string, text: string) {
    this[place] = text;
  },
  removeItem(this: Record<string, string>, place: string) {
    delete this[place];
  },
};

afterEach(() => void vi.unstubAllGlobals());

test("what the database did not get any more is there on the next visit", async () => {
  vi.stubGlobal("localStorage", Object.create(METHODS));
  const left = shelf<{ text: string }>("drafts");
  left.put("a", { text: "No such pl" });
  left.put("a", { text: "No such plan." });
  left.put("b", { text: "gone" });
  left.remove("b");
  expect(await shelf("drafts").all()).toEqual([{ text: "No such plan." }]);
  expect(await shelf("outbox").all()).toEqual([]);
});

test("a browser that keeps nothing loses nothing else", async () => {
  vi.stubGlobal("localStorage", undefined);
  const nothing = shelf<string>("drafts");
  nothing.put("a", "text");
  expect(await nothing.all()).toEqual([]);
});
