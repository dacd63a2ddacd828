import { expect, test } from "vitest";

import { match } from "./match";

test("a path fits a pattern with the same parts, whatever stands for its names", () => {
  expect(match("/p/:project/t/:trace", "/p/support-bot/t/ab12")).toEqual({ project: "support-bot", trace: "ab12" });
  expect(match("/", "/")).toEqual({});
  expect(match("/p/:project", "/p/a/")).toEqual({ project: "a" });
});

test("a path with other, more or fewer parts does not fit", () => {
  expect(match("/p/:project/explore", "/p/a/review")).toBeNull();
  expect(match("/p/:project", "/p/a/explore")).toBeNull();
  expect(match("/p/:project", "/p")).toBeNull();
  expect(match("/", "/rubrics")).toBeNull();
});

test("names come decoded, a slash in them too; what is not well-formed comes as it is", () => {
  expect(match("/p/:project", "/p/caf%C3%A9%20a%2Fb")).toEqual({ project: "café a/b" });
  expect(match("/p/:project", "/p/100%")).toEqual({ project: "100%" });
});
