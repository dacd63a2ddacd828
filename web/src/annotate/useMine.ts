import { useEffect, useEffectEvent, useState } from "react";

import { currentOutbox, hurry, post, resume, sawAnnotations, useOutbox } from "../api/outbox";
import type { Annotation } from "../domain/annotation";
import { keyOf, type Result, type Target } from "../domain/outbox";
import { annotatorOf, preferences, usePreferences } from "../preferences";
import { isMine, NOTE } from "../domain/annotation";
import { toast } from "../ui/Toasts";
import { mineAt } from "./mine";

const TYPING_MS = 600;

/** A person's own annotations, and how to change them. */
export type Mine = {
  me: string | null;
  /** What I say of a target under a name. */
  at: (target: Target, name: string) => Result | null;
  /** Say it; null takes it back. What is still being typed (`settled` false) leaves a moment later. */
  say: (target: Target, name: string, result: Result | null, settled?: boolean) => void;
  /** Take one of mine back, with a way to undo that. */
  remove: (annotation: Annotation) => void;
  /** Whether a name is asked for, because somebody without one said something. */
  asking: boolean;
  /** The name was given, or not. */
  onNamed: (given: boolean) => void;
};

type Pending = { target: Target; name: string; result: Result | null };

/**
 * What the person of this browser says in a project, given what the server has (`annotations`). `onSaved` is called when
 * the server took something: what was read before is out of date then.
 */
export function useMine(project: string, annotations: readonly Annotation[], onSaved: () => void): Mine {
  const { person } = usePreferences();
  const me = person === null ? null : annotatorOf(person);
  const outbox = useOutbox();
  const [said, setSaid] = useState<ReadonlyMap<string, Result | null>>(new Map());
  const [unnamed, setUnnamed] = useState<Pending | null>(null);
  useEffect(() => {
    void resume();
  }, []);
  useEffect(() => sawAnnotations(annotations.filter((annotation) => isMine(annotation, me))), [annotations, me]);
  const waiting = outbox.entries.length;
  const saved = useEffectEvent(onSaved);
  useEffect(() => {
    if (waiting === 0 && said.size > 0) saved();
  }, [waiting, said]);

  const say: Mine["say"] = (target, name, result, settled = true) => {
    const author = preferences().person;
    if (author === null) {
      setUnnamed({ target, name, result });
      return;
    }
    const wanted = { project, target, name, identifier: annotatorOf(author), result };
    setSaid((before) => new Map(before).set(keyOf(wanted), result));
    post(wanted, settled ? 0 : TYPING_MS);
  };

  return {
    me,
    at: (target, name) => (me === null ? null : mineAt(target, name, me, annotations, outbox, said)),
    say,
    remove: (annotation) => {
      const { target, name, result } = annotation;
      const before = result && { label: result.label ?? null, score: result.score ?? null, explanation: result.explanation ?? null };
      say(target, name, null);
      toast(`Deleted your ${name === NOTE ? "note" : `answer to ${name}`}.`, { undo: before && (() => say(target, name, before)) });
    },
    asking: unnamed !== null,
    onNamed: (given) => {
      if (given && unnamed) say(unnamed.target, unnamed.name, unnamed.result);
      setUnnamed(null);
    },
  };
}

/** The person has left a field: what they typed there need not wait any longer. */
export function leave(): void {
  if (currentOutbox().entries.some(({ readyAt }) => readyAt > 0)) hurry();
}
