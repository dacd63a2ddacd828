import { describe, expect, test } from "vitest";

import type { ReviewItem } from "../../api/reviewItem";
import { answerOfKey } from "../../domain/answer";
import { keyOf, type Result } from "../../domain/outbox";
import type { Rubric } from "../../domain/rubric";
import { begin, current, draftsSince, type Event, isAnswered, mineOf, minutesLeft, progressOf, reasonFor, reasonIn, type Session, step } from "./session";

const ME = "app:Ada";

const correctness: Rubric = {
  type: "CATEGORICAL",
  id: "1",
  name: "correctness",
  optimization_direction: "MAXIMIZE",
  values: [
    { label: "correct", score: 1 },
    { label: "partial", score: 0.5 },
    { label: "incorrect", score: 0 },
  ],
};
const helpfulness: Rubric = { type: "CONTINUOUS", id: "2", name: "helpfulness", optimization_direction: "MAXIMIZE", lower_bound: 1, upper_bound: 5 };
const comment: Rubric = { type: "FREEFORM", id: "3", name: "comment", optimization_direction: "NONE" };

function item(id: string, mine: Record<string, Result> = {}): ReviewItem {
  const annotations = Object.entries(mine).map(([name, result]) => ({
    id: name,
    created_at: "t0",
    updated_at: "t0",
    source: "APP" as const,
    user_id: null,
    name,
    annotator_kind: "HUMAN" as const,
    result,
    metadata: {},
    identifier: ME,
    rubric_version: null,
    target: { kind: "trace" as const, id, position: null },
    project_id: null,
  }));
  return {
    item: { target_kind: "trace", id, global_id: `T:${id}`, trace_id: id, annotations } as unknown as ReviewItem["item"],
    span: null,
    truncated: [],
    steps: [{ span_id: `retriever of ${id}` } as ReviewItem["steps"][number]],
    steps_complete: true,
    turns: [],
    others: {},
  };
}

const documentOf = (id: string, position: number) => ({ target: { kind: "document" as const, id: `retriever of ${id}`, position }, name: "relevance" });

const said = (label: string): Result => ({ label, score: null, explanation: null });

/** A session, and all that it wrote and said. */
class Play {
  session: Session;
  writes: string[] = [];
  says: (string | null)[] = [];
  now = 0;

  constructor(questions: readonly Rubric[], items: readonly ReviewItem[], { stays = false, isCounted = true } = {}) {
    this.session = begin(ME, questions, stays, 0);
    this.do({ type: "loaded", items, wanted: {}, drafts: new Map() });
    if (isCounted) this.do({ type: "counted", finished: 0, total: items.length });
    this.says = [];
  }

  do(...events: Event[]): this {
    for (const event of events) {
      const { session, writes, says } = step(this.session, event, this.now);
      this.session = session;
      this.writes.push(...writes.map(({ slot, result }) => `${slot.target.id}${slot.target.position === null ? "" : `#${slot.target.position}`} ${slot.name}=${result ? (result.label ?? result.score ?? result.explanation) : "-"}`));
      this.says.push(says);
    }
    return this;
  }

  /** A digit, as the screen passes it on: with the item and the question that it shows. */
  press(digit: string, shown = this.shown): this {
    const rubric = this.session.questions[shown.marked]!;
    return this.do({ type: "answered", item: shown.item, question: rubric.name, answer: answerOfKey(rubric, digit), settled: true });
  }

  get shown() {
    return { item: current(this.session)?.id ?? "", marked: this.session.marked };
  }

  get where(): string {
    return `${this.shown.item}/${this.session.questions[this.session.marked]?.name}`;
  }
}

const three = [item("a"), item("b"), item("c")];

test("one key answers the only question, and the next item is there", () => {
  const play = new Play([correctness], three).press("3");
  expect(play.where).toBe("b/correctness");
  expect(play.writes).toEqual(["a correctness=incorrect"]);
  expect(play.says.at(-1)).toBe("Saved incorrect. Item 2 of 3.");
});

test("two questions take two keys, each for the marked one", () => {
  const play = new Play([correctness, helpfulness], three).press("1");
  expect(play.where).toBe("a/helpfulness");
  expect(play.says.at(-1)).toBe("Saved correct. helpfulness.");
  play.press("4");
  expect(play.where).toBe("b/correctness");
  expect(play.writes).toEqual(["a correctness=correct", "a helpfulness=4"]);
});

test("free text is not waited for, unless nothing else is asked", () => {
  expect(new Play([comment, correctness, comment], three).where).toBe("a/correctness");
  expect(new Play([correctness, comment], three).press("1").where).toBe("b/correctness");
  const play = new Play([comment], three).do({ type: "answered", item: "a", question: "comment", answer: { text: "too long" }, settled: false });
  expect(play.where).toBe("a/comment");
  expect(isAnswered(play.session, current(play.session)!)).toBe(true);
});

test("a question answered out of order leaves the mark on the one that is open", () => {
  const play = new Play([correctness, helpfulness], three).do({ type: "answered", item: "a", question: "helpfulness", answer: { score: 2 }, settled: true });
  expect(play.where).toBe("a/correctness");
  expect(play.press("1").where).toBe("b/correctness");
});

test("a choice that the arrow keys pass over is kept, and moves nothing", () => {
  const play = new Play([correctness], three).do({ type: "answered", item: "a", question: "correctness", answer: { label: "partial", score: 0.5 }, settled: false });
  expect(play.where).toBe("a/correctness");
  expect(play.writes).toEqual(["a correctness=partial"]);
});

test("a key belongs to the item that was on the screen when it was pressed", () => {
  const play = new Play([correctness], three);
  const painted = play.shown;
  play.press("1").press("3", painted);
  expect(play.writes).toEqual(["a correctness=correct", "a correctness=incorrect"]);
  expect(play.where).toBe("b/correctness");
  expect(play.do({ type: "skipped", item: "a" }, { type: "moved", item: "a", by: 1 }).where).toBe("b/correctness");
});

test("what is not there is not answered", () => {
  const play = new Play([correctness], three).press("9").do({ type: "answered", item: "gone", question: "correctness", answer: { label: "correct" }, settled: true });
  expect(play.writes).toEqual([]);
  expect(play.where).toBe("a/correctness");
});

describe("undo", () => {
  test("goes back over items, to the very question, and redo forth", () => {
    const play = new Play([correctness, helpfulness], three).press("1").press("4").press("2");
    play.do({ type: "undo" });
    expect(play.where).toBe("b/correctness");
    play.do({ type: "undo" });
    expect(play.where).toBe("a/helpfulness");
    play.do({ type: "undo" });
    expect(play.where).toBe("a/correctness");
    expect(play.says.at(-1)).toBe("Undone: correctness. Item 1 of 3.");
    play.do({ type: "undo" });
    expect(play.says.at(-1)).toBe("There is nothing to undo.");
    expect(play.writes.slice(3)).toEqual(["b correctness=-", "a helpfulness=-", "a correctness=-"]);

    play.do({ type: "redo" }, { type: "redo" });
    expect(play.writes.slice(6)).toEqual(["a correctness=correct", "a helpfulness=4"]);
  });

  test("brings back what an answer replaced", () => {
    const play = new Play([correctness], [item("a", { correctness: { label: "correct", score: 1, explanation: "Checked." } }), item("b")]).press("3").do({ type: "undo" });
    expect(mineOf(play.session, current(play.session)!, "correctness")).toEqual({ label: "correct", score: 1, explanation: "Checked." });
  });

  test("takes back a skip, a flag, a text as a whole, and a document", () => {
    const play = new Play([correctness], three);
    play.do({ type: "flagged", item: "a" }, { type: "wrote", item: "a", name: "note", text: "s" }, { type: "wrote", item: "a", name: "note", text: "so" }, { type: "skipped", item: "a" });
      play.do({ type: "judged", item: "b", slot: documentOf("b", 0), place: 0, of: 1, result: { label: "relevant", score: 1, explanation: null } });
    play.do({ type: "undo" }, { type: "undo" }, { type: "undo" }, { type: "undo" }, { type: "undo" });
    expect(play.writes.slice(5)).toEqual(["retriever of b#0 relevance=-", "a skip=-", "a note=-", "a flag=-"]);
  });

  test("forgets what was undone once something new is said", () => {
    const play = new Play([correctness], three).press("1").do({ type: "undo" }).press("2").do({ type: "redo" });
    expect(play.says.at(-1)).toBe("There is nothing to redo.");
  });
});

describe("a reason", () => {
  test("is for the question just answered", () => {
    const play = new Play([correctness, helpfulness], three).press("3");
    expect(reasonFor(play.session)).toBe(correctness);
    play.do({ type: "reasoned", item: "a", question: "correctness", text: "No such plan." });
    expect(mineOf(play.session, current(play.session)!, "correctness")).toEqual({ label: "incorrect", score: 0, explanation: "No such plan." });
  });

  test("may come first: it is kept with the answer once there is one", () => {
    const play = new Play([correctness], three);
    expect(reasonFor(play.session)).toBe(correctness);
    play.do({ type: "reasoned", item: "a", question: "correctness", text: "No such plan." });
    expect(play.writes).toEqual([]);
    expect(reasonIn(play.session, current(play.session)!, correctness)).toBe("No such plan.");
    play.press("3");
    expect(mineOf(play.session, play.session.entries[0]!, "correctness")?.explanation).toBe("No such plan.");
  });

  test("waits over a reload, until there is an answer or nothing is left of it", () => {
    const play = new Play([correctness], three);
    const told = (event: Event) => {
      const before = play.session;
      return draftsSince(before, play.do(event).session);
    };
    const place = keyOf({ target: { kind: "trace", id: "a", position: null }, name: "correctness", identifier: ME });
    expect(told({ type: "reasoned", item: "a", question: "correctness", text: "No such" })).toEqual([[place, "No such"]]);
    expect(told({ type: "moved", item: "a", by: 1 })).toEqual([]);
    expect(told({ type: "answered", item: "a", question: "correctness", answer: { label: "correct", score: 1 }, settled: true })).toEqual([[place, ""]]);

    const later = step(begin(ME, [correctness], false, 0), { type: "loaded", items: three, wanted: {}, drafts: new Map([[place, "No such"]]) }, 0).session;
    expect(reasonIn(later, later.entries[0]!, correctness)).toBe("No such");
    expect(reasonIn(later, later.entries[1]!, correctness)).toBe("");
  });

  test("stays when its answer is undone, and does not come back once it was emptied", () => {
    const play = new Play([correctness], three).do({ type: "reasoned", item: "a", question: "correctness", text: "No such plan." }).press("3").do({ type: "undo" });
    expect(reasonIn(play.session, current(play.session)!, correctness)).toBe("No such plan.");
    play.press("3").do({ type: "reasoned", item: "a", question: "correctness", text: "" });
    expect(reasonIn(play.session, play.session.entries[0]!, correctness)).toBe("");
  });

  test("outlives another answer, and can be emptied", () => {
    const play = new Play([correctness], [item("a", { correctness: { label: "correct", score: 1, explanation: "Checked." } }), item("b")]).press("2");
    expect(mineOf(play.session, play.session.entries[0]!, "correctness")).toEqual({ label: "partial", score: 0.5, explanation: "Checked." });
    play.do({ type: "reasoned", item: "a", question: "correctness", text: " " });
    expect(mineOf(play.session, play.session.entries[0]!, "correctness")?.explanation).toBeNull();
  });
});

test("going back to a finished item and answering differently goes on again", () => {
  const play = new Play([correctness], three).press("1").do({ type: "moved", item: "b", by: -1 });
  expect(play.where).toBe("a/correctness");
  expect(play.says.at(-1)).toBe("Item 1 of 3.");
  expect(play.press("2").where).toBe("b/correctness");
  const two = new Play([correctness, helpfulness], three).press("1").press("5").do({ type: "moved", item: "b", by: -1 }).press("2");
  expect(two.where).toBe("a/helpfulness");
});

test("an answer takes back a skip", () => {
  const play = new Play([correctness], three).do({ type: "skipped", item: "a" }, { type: "moved", item: "b", by: -1 }).press("1");
  expect(play.writes).toEqual(["a skip=skipped", "a correctness=correct", "a skip=-"]);
});

test("a flag goes on and off", () => {
  const play = new Play([correctness], three).do({ type: "flagged", item: "a" }, { type: "flagged", item: "a" });
  expect(play.writes).toEqual(["a flag=flagged", "a flag=-"]);
  expect(play.says).toEqual(["Flagged.", "No longer flagged."]);
});

test("who wants to compare stays at an item until they move on", () => {
  const play = new Play([correctness], three, { stays: true }).press("1");
  expect(play.where).toBe("a/correctness");
  expect(play.do({ type: "moved", item: "a", by: 1 }).where).toBe("b/correctness");
});

test("documents are judged one after the other, then digits answer the question again", () => {
  const play = new Play([correctness], three).do({ type: "documents", place: 0 });
  play.do({ type: "judged", item: "a", slot: documentOf("a", 0), place: 0, of: 2, result: { label: "relevant", score: 1, explanation: null } });
  expect(play.session.document).toBe(1);
  expect(play.says.at(-1)).toBe("Saved relevant for document 1. Document 2 of 2.");
  play.do({ type: "judged", item: "a", slot: documentOf("a", 1), place: 1, of: 2, result: { label: "irrelevant", score: 0, explanation: null } });
  expect(play.session.document).toBeNull();
  expect(play.writes).toEqual(["retriever of a#0 relevance=relevant", "retriever of a#1 relevance=irrelevant"]);
});

test("after the last item there is none, until more are loaded", () => {
  const play = new Play([correctness], [item("a")]).press("1");
  expect(current(play.session)).toBeUndefined();
  expect(play.says.at(-1)).toBe("Saved correct. That was the last item.");
  play.do({ type: "loaded", items: [item("a"), item("b")], wanted: {}, drafts: new Map() });
  expect(play.where).toBe("b/correctness");
  expect(play.session.entries.map(({ id }) => id)).toEqual(["a", "b"]);
});

test("what I said before is there, with what is still on its way laid over it", () => {
  const place = (id: string) => keyOf({ target: { kind: "trace", id, position: null }, name: "correctness", identifier: ME });
  const onItsWay = keyOf({ target: { kind: "document", id: "retriever of b", position: 2 }, name: "relevance", identifier: ME });
  const session = begin(ME, [correctness], false, 0);
  const next = step(session, { type: "loaded", items: [item("a", { correctness: said("correct") }), item("b", { correctness: said("correct") })], wanted: { [place("a")]: said("partial"), [place("b")]: null, [onItsWay]: said("relevant") }, drafts: new Map() }, 0).session;
  const [a, b] = next.entries;
  expect(mineOf(next, a!, "correctness")?.label).toBe("partial");
  expect(mineOf(next, b!, "correctness")).toBeNull();
  expect(b!.mine[onItsWay]?.label).toBe("relevant");
  expect(a!.mine[onItsWay]).toBeUndefined();
});

test("progress counts what was finished before, here, and skipped", () => {
  const play = new Play([correctness], three).do({ type: "counted", finished: 23, total: 60 });
  expect(progressOf(play.session)).toEqual({ number: 24, finished: 23, total: 60 });
  play.press("1").do({ type: "skipped", item: "b" });
  expect(play.says.at(-1)).toBe("Skipped. Item 26 of 60.");
  expect(progressOf(play.session)).toEqual({ number: 26, finished: 25, total: 60 });
});

test("there is no progress before it is known how many there are, and what is answered meanwhile counts", () => {
  const play = new Play([correctness], three, { isCounted: false }).press("1");
  expect(progressOf(play.session)).toBeNull();
  expect(play.says.at(-1)).toBe("Saved correct. Another item.");
  play.do({ type: "counted", finished: 23, total: 60 });
  expect(progressOf(play.session)).toEqual({ number: 25, finished: 24, total: 60 });
});

describe("other questions", () => {
  test("are asked where one is, and what was answered before can be undone", () => {
    const play = new Play([correctness], three).press("1").do({ type: "asked", questions: [correctness, helpfulness], stays: false });
    expect(play.where).toBe("b/correctness");
    play.press("2").press("4");
    expect(play.do({ type: "undo" }, { type: "undo" }, { type: "undo" }).where).toBe("a/correctness");
    expect(play.writes.slice(-3)).toEqual(["b helpfulness=-", "b correctness=-", "a correctness=-"]);
  });

  test("find the items that come anew; those that were seen stay", () => {
    const play = new Play([correctness], three).press("1").do({ type: "asked", questions: [helpfulness], stays: false });
    expect(play.session.entries.map(({ id }) => id)).toEqual(["a", "b"]);
    play.do({ type: "loaded", items: [item("a"), item("b"), item("d")], wanted: {}, drafts: new Map() }, { type: "counted", finished: 0, total: 4 });
    expect(play.session.entries.map(({ id }) => id)).toEqual(["a", "b", "d"]);
    expect(progressOf(play.session)).toEqual({ number: 2, finished: 0, total: 4 });
  });

  test("that were answered here are not counted twice", () => {
    const play = new Play([correctness], three).press("1").do({ type: "asked", questions: [comment, correctness], stays: false });
    play.press("2").do({ type: "counted", finished: 24, total: 60 });
    expect(progressOf(play.session)).toEqual({ number: 26, finished: 25, total: 60 });
  });

  test("changing only whether to stay changes nothing else", () => {
    const play = new Play([correctness, helpfulness], three).press("1").do({ type: "asked", questions: [correctness, helpfulness], stays: true });
    expect(play.where).toBe("a/helpfulness");
    expect(play.press("4").where).toBe("a/helpfulness");
  });
});

test("the time left is told by the usual item, not by a break", () => {
  const play = new Play([correctness], Array.from({ length: 10 }, (_, place) => item(String(place))));
  for (const seconds of [6, 6, 3600, 6]) {
    expect(play.session.pace.length < 3).toBe(minutesLeft(play.session) === null);
    play.now += seconds * 1000;
    play.press("1");
  }
  expect(minutesLeft(play.session)).toBeCloseTo((6 * 6) / 60);
});

test("200 answers, typed ahead through batches, are each on their item", () => {
  const play = new Play([correctness], []);
  const digits = Array.from({ length: 200 }, (_, place) => String(((place * 7) % 3) + 1));
  digits.forEach((digit, place) => {
    if (place % 20 === 0) play.do({ type: "loaded", items: Array.from({ length: 20 }, (__, more) => item(String(place + more))), wanted: {}, drafts: new Map() });
    play.press(digit);
  });
  const labels = ["correct", "partial", "incorrect"];
  expect(play.writes).toEqual(digits.map((digit, place) => `${place} correctness=${labels[Number(digit) - 1]}`));
});
