import { describe, expect, test } from "vitest";

import { add, type Annotation, confirmed, conflicted, discarded, due, EMPTY, type Entry, failed, keyOf, nextAt, type Outbox, pauseAfter, refused, restored, type Result, retried, seen, sending, statusOf, type Wanted } from "./outbox";

const said = (label: string): Result => ({ label, score: null, explanation: null });

function wanted(id: string, result: Result | null, name = "correctness"): Wanted {
  return { project: "p", target: { kind: "trace", id, position: null }, name, identifier: "app:Ada", result };
}

/** What the server answers with after a write. */
function stored({ target, name, identifier, result }: Wanted, updated_at: string): Annotation {
  return {
    id: `id of ${target.id}`,
    created_at: updated_at,
    updated_at,
    source: "APP",
    user_id: null,
    name,
    annotator_kind: "HUMAN",
    result,
    metadata: {},
    identifier,
    rubric_version: null,
    target,
    project_id: null,
  };
}

function filled(...wishes: Wanted[]): Outbox {
  return wishes.reduce((outbox, wish) => add(outbox, wish, 0), EMPTY);
}

/** One round: what is due is sent. */
function sent(outbox: Outbox, now = 0): [Outbox, Entry[]] {
  const batch = due(outbox, now);
  return [sending(outbox, batch), batch];
}

const wishes = ({ entries }: Outbox) => entries.map(({ target, result, state }) => `${target.id}:${result?.label ?? "none"}:${state}`);

test("answers leave in order, together, and nothing leaves while they are on their way", () => {
  const [outbox, batch] = sent(filled(wanted("a", said("good")), wanted("b", said("bad"))));
  expect(batch.map(({ target }) => target.id)).toEqual(["a", "b"]);
  const more = add(outbox, wanted("c", said("good")), 0);
  expect(due(more, 0)).toEqual([]);
  expect(nextAt(more)).toBeNull();
  const done = confirmed(more, batch, [stored(wanted("a", said("good")), "t1"), stored(wanted("b", said("bad")), "t1")]);
  expect(wishes(done)).toEqual(["c:good:waiting"]);
  expect(statusOf(done)).toEqual({ state: "saving", count: 1 });
});

test("a second thought replaces the first, which is never sent", () => {
  expect(wishes(filled(wanted("a", said("good")), wanted("b", said("good")), wanted("a", said("bad"))))).toEqual(["a:bad:waiting", "b:good:waiting"]);
});

test("a second thought about what is on its way follows it, over the version that it made", () => {
  const [outbox, batch] = sent(filled(wanted("a", said("good"))));
  const again = add(outbox, wanted("a", said("bad")), 0);
  expect(wishes(again)).toEqual(["a:good:sending", "a:bad:waiting"]);
  const done = confirmed(again, batch, [stored(wanted("a", said("good")), "t1")]);
  expect(done.entries).toMatchObject([{ base: "t1", result: said("bad"), state: "waiting" }]);
});

test("an answer that replaces one of mine names the version that I saw; one where there was none says so", () => {
  const known = seen(EMPTY, [stored(wanted("a", said("good")), "t0")]);
  const { entries } = add(add(known, wanted("a", said("bad")), 0), wanted("b", said("bad")), 0);
  expect(entries.map(({ base }) => base)).toEqual(["t0", null]);
});

test("taking away is a request of its own, in its place", () => {
  let outbox = filled(wanted("a", said("good")), wanted("b", null), wanted("c", said("good")));
  const rounds: string[][] = [];
  while (outbox.entries.length > 0) {
    const [next, batch] = sent(outbox);
    rounds.push(batch.map(({ target }) => target.id));
    outbox = confirmed(next, batch, []);
  }
  expect(rounds).toEqual([["a"], ["b"], ["c"]]);
});

test("text waits for the typing to pause, and holds up nothing else", () => {
  const outbox = add(add(EMPTY, wanted("a", said("typing"), "note"), 700), wanted("b", said("good")), 0);
  expect(due(outbox, 0).map(({ target }) => target.id)).toEqual(["b"]);
  const [next, batch] = sent(outbox);
  expect(nextAt(confirmed(next, batch, []))).toBe(700);
  expect(due(confirmed(next, batch, []), 700)).toHaveLength(1);
});

describe("when the server does not answer", () => {
  const [outbox, batch] = sent(filled(wanted("a", said("good")), wanted("b", said("bad"))));
  const down = failed(outbox, batch, "The server does not answer.", 1000);

  test("all waits and says why", () => {
    expect(wishes(down)).toEqual(["a:good:waiting", "b:bad:waiting"]);
    expect(statusOf(down)).toEqual({ state: "waiting", count: 2, reason: "The server does not answer." });
  });

  test("it is tried again, at ever longer intervals, and at once when it answered", () => {
    expect(due(down, 1000 + pauseAfter(1) - 1)).toEqual([]);
    expect(nextAt(down)).toBe(1000 + pauseAfter(1));
    const [again, second] = sent(down, 1000 + pauseAfter(1));
    expect(second).toHaveLength(2);
    expect(nextAt(failed(again, second, "", 5000))).toBe(5000 + pauseAfter(2));
    expect(confirmed(again, second, [])).toMatchObject({ entries: [], failures: 0, retryAt: 0, trouble: null });
    expect([1, 2, 3, 4, 5, 6, 60].map(pauseAfter)).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
  });

  test("a change of mind meanwhile leaves one wish, over the version that was seen first", () => {
    const [known, known_batch] = sent(add(seen(EMPTY, [stored(wanted("a", said("good")), "t0")]), wanted("a", said("bad")), 0));
    const changed = failed(add(known, wanted("a", said("fair")), 0), known_batch, "", 0);
    expect(wishes(changed)).toEqual(["a:fair:waiting"]);
    expect(changed.entries[0]?.base).toBe("t0");
  });
});

test("what an earlier visit could not send is sent now, before anything new; a newer wish wins", () => {
  const [interrupted] = sent(filled(wanted("a", said("good")), wanted("b", said("bad"))));
  const back = restored(filled(wanted("b", said("fair")), wanted("c", said("good"))), interrupted.entries);
  expect(wishes(back)).toEqual(["a:good:waiting", "b:fair:waiting", "c:good:waiting"]);
});

describe("when the server refuses", () => {
  test("one that is wrong does not keep back the others", () => {
    const [outbox, batch] = sent(filled(wanted("a", said("good")), wanted("gone", said("bad")), wanted("c", said("good"))));
    let next = refused(outbox, batch, "There is no trace gone.");
    const rounds: string[] = [];
    for (let round = due(next, 0); round.length > 0; round = due(next, 0)) {
      rounds.push(round.map(({ target }) => target.id).join());
      next = round[0]?.target.id === "gone" ? refused(sending(next, round), round, "There is no trace gone.") : confirmed(sending(next, round), round, []);
    }
    expect(rounds).toEqual(["a", "gone", "c"]);
    expect(statusOf(next)).toMatchObject({ state: "stuck", waiting: 0, entries: [{ reason: "There is no trace gone.", result: said("bad") }] });
    expect(due(retried(next, keyOf(wanted("gone", null))), 0)).toHaveLength(1);
    expect(statusOf(discarded(next, keyOf(wanted("gone", null))))).toEqual({ state: "saved" });
  });

  test("a new answer is a new try", () => {
    const [outbox, batch] = sent(filled(wanted("a", said("good"))));
    expect(wishes(add(refused(outbox, batch, "no"), wanted("a", said("bad")), 0))).toEqual(["a:bad:waiting"]);
  });
});

describe("when something else stands there", () => {
  const [outbox, batch] = sent(filled(wanted("a", said("good")), wanted("b", said("bad"))));

  test("both are shown, and the other answers go on", () => {
    const stands = stored(wanted("a", said("bad")), "t9");
    const next = conflicted(outbox, batch, 0, stands);
    expect(wishes(next)).toEqual(["a:good:conflict", "b:bad:waiting"]);
    expect(statusOf(next)).toMatchObject({ state: "stuck", waiting: 1, entries: [{ stands }] });

    const mine = retried(next, keyOf(wanted("a", null)));
    expect(mine.entries[0]).toMatchObject({ state: "waiting", base: undefined });
    expect(wishes(discarded(next, keyOf(wanted("a", null))))).toEqual(["b:bad:waiting"]);
  });

  test("my own answer, whose confirmation got lost, is no conflict", () => {
    const own = stored(wanted("a", said("good")), "t1");
    expect(conflicted(outbox, batch, 0, own).entries[0]).toMatchObject({ state: "waiting", base: "t1" });
    const lost = failed(outbox, batch, "", 0);
    const [again, second] = sent(add(lost, wanted("a", said("fair")), 0), 10_000);
    expect(conflicted(again, second, 0, own).entries[0]).toMatchObject({ state: "waiting", base: "t1", result: said("fair") });
  });

  test("taking away what was taken away elsewhere is no conflict either", () => {
    const [taking, one] = sent(filled(wanted("a", null)));
    expect(conflicted(taking, one, 0, null).entries[0]).toMatchObject({ state: "waiting", base: null });
  });
});
