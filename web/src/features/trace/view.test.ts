import { expect, test } from "vitest";

import { viewOf, written } from "./view";

test("what stands in the address is the view, and nonsense is nothing", () => {
  expect(viewOf(new URLSearchParams("span=ab&q=llm&steps=hidden&annotate=2"))).toEqual({ span: "ab", query: "llm", stepsHidden: true, about: 2 });
  expect(viewOf(new URLSearchParams("annotate=-1"))).toEqual({ span: null, query: "", stepsHidden: false, about: null });
});

test("a change leaves the rest of the address alone", () => {
  const search = written(new URLSearchParams("span=ab&other=1"), { about: "span", query: "" });
  expect(search.toString()).toBe("span=ab&other=1&annotate=span");
  expect(written(search, { about: null, span: null }).toString()).toBe("other=1");
});
