import { expect, test } from "vitest";

import type { Annotation } from "../domain/annotation";
import { add, confirmed, EMPTY, sending } from "../domain/outbox";
import { mineAt, targetOf } from "./mine";

const ME = "app:Ada";
const target = targetOf("span", "ab");
const correct = { label: "correct", score: 1, explanation: null };
const kept: Annotation = {
  id: "1",
  created_at: "t1",
  updated_at: "t1",
  source: "APP",
  user_id: null,
  name: "q",
  annotator_kind: "HUMAN",
  result: correct,
  metadata: {},
  identifier: ME,
  rubric_version: 1,
  target: { kind: "span", id: "ab", position: null },
  project_id: "p",
};
const wanted = { project: "p", target, name: "q", identifier: ME, result: null };
const key = JSON.stringify(["span", "ab", null, "q", ME]);

const at = (annotation: Annotation, about = target) => mineAt(about, "q", ME, [annotation], EMPTY, new Map());

test("what the server has is mine, unless it is of another person, judge or document", () => {
  expect(at(kept)).toEqual(correct);
  expect(at({ ...kept, identifier: "app:Bo" })).toBeNull();
  expect(at({ ...kept, annotator_kind: "LLM" })).toBeNull();
  expect(at(kept, targetOf("document", "ab", 0))).toBeNull();
});

test("what is on its way shows at once, and does not go back while the server's list is older", () => {
  const waiting = add(EMPTY, wanted, 0);
  const said = new Map([[key, null]]);
  expect(mineAt(target, "q", ME, [kept], waiting, said)).toBeNull();
  const done = confirmed(sending(waiting, waiting.entries), waiting.entries, []);
  expect(mineAt(target, "q", ME, [kept], done, said)).toBeNull();
  expect(mineAt(target, "q", ME, [kept], EMPTY, said)).toEqual(correct);
});
