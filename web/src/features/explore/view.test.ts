import { expect, test } from "vitest";

import { counted, searchOf, viewOf } from "./view";

test("an address without parameters shows the newest root spans", () => {
  const view = viewOf(new URLSearchParams());
  expect(view).toEqual({ level: "span", filter: "parent_id is None", range: { from: null, to: null }, sort: "start_time", order: "desc", cols: null });
  expect(Object.values(searchOf(view)).filter((value) => value !== null)).toEqual([]);
});

test("a view comes back from its address", () => {
  const search = { level: "span", f: "name == 'a & b'", from: "-7d", to: null, sort: null, order: "asc", cols: "name,cost" };
  const address = new URLSearchParams(Object.entries(search).flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
  expect(searchOf(viewOf(address))).toEqual(search);
});

test.each(["", "level=span", "level=trace", "f=name+%3D%3D+'x'", "level=span&f=parent_id+is+None"])("“%s” is the same view after going through the address", (address) => {
  const view = viewOf(new URLSearchParams(address));
  const again = Object.entries(searchOf(view)).flatMap(([key, value]) => (value === null ? [] : [[key, value]]));
  expect(viewOf(new URLSearchParams(again))).toEqual(view);
});

test.each([
  ["level=sessions", { level: "session" }],
  ["level=span", { level: "span", filter: "" }],
  ["f=name+%3D%3D+'x'", { level: "span", filter: "name == 'x'" }],
  ["level=nonsense&from=never&order=up", { level: "span", filter: "parent_id is None", range: { from: null, to: null }, order: "desc" }],
  ["level=span&sort=latency", { sort: "start_time" }], // only traces are kept in that order
  ["level=trace&sort=latency", { sort: "latency" }],
])("%s", (address, part) => {
  expect(viewOf(new URLSearchParams(address))).toMatchObject(part);
});

test("a count is as sure as it is", () => {
  expect([counted("trace", 1), counted("span", 12_345), counted("session", 100_000, false)]).toEqual(["1 trace", "12,345 spans", "over 100,000 sessions"]);
});
