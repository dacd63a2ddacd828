import { expect, test } from "vitest";

import { described, filterOf } from "./filter";

test("an address is a filter", () => {
  const search = new URLSearchParams("on=trace&name=correctness&by=LLM&identifier=judge-v2&source=API&label=incorrect&min=0&max=0.5&from=2026-11-01&to=2026-11-02");
  expect(filterOf(search)).toEqual({
    target_kind: "trace",
    name: ["correctness"],
    annotator_kind: "LLM",
    identifier: ["judge-v2", "app:judge-v2"],
    source: "API",
    label: ["incorrect"],
    min_score: 0,
    max_score: 0.5,
    start_time: new Date(2026, 10, 1).toISOString(),
    end_time: new Date(2026, 10, 3).toISOString(), // the second day is meant whole
  });
});

test("a person is found by name as well as by identifier", () => {
  expect(filterOf(new URLSearchParams("identifier=Kay")).identifier).toEqual(["Kay", "app:Kay"]);
  expect(filterOf(new URLSearchParams("identifier=app:Kay")).identifier).toEqual(["app:Kay"]);
  expect(described(filterOf(new URLSearchParams("identifier=Kay")))).toBe("with the identifier Kay");
});

test.each(["", "on=planet", "by=", "min=much", "from=yesterday", "source=fax"])("%s narrows nothing", (search) => {
  expect(filterOf(new URLSearchParams(search))).toEqual({});
});

test("a filter is told in words", () => {
  expect(described({ target_kind: "span", name: ["correctness"], annotator_kind: "LLM", min_score: 0 })).toBe("on spans, named correctness, by judges, scored at least 0");
  expect(described({})).toBe("");
});
