import type { NewRubric } from "./rubric";

/** A rubric that most reviews begin with, made with one click. */
export type Preset = { title: string; rubric: NewRubric };

export const PRESETS: readonly Preset[] = [
  {
    title: "Correct, partial, incorrect",
    rubric: {
      type: "CATEGORICAL",
      name: "correctness",
      description: "Is the answer right?",
      optimization_direction: "MAXIMIZE",
      values: [
        { label: "correct", score: 1, description: "All of it is true, and it answers the question." },
        { label: "partial", score: 0.5, description: "True as far as it goes, but something is missing." },
        { label: "incorrect", score: 0, description: "Something in it is wrong." },
      ],
    },
  },
  {
    title: "1 to 5",
    rubric: {
      type: "CONTINUOUS",
      name: "helpfulness",
      description: "How useful is the answer to the one who asked? 1 is useless, 5 could not be better.",
      optimization_direction: "MAXIMIZE",
      lower_bound: 1,
      upper_bound: 5,
      step: 1,
    },
  },
  {
    title: "Pass or fail, with a reason",
    rubric: {
      type: "CATEGORICAL",
      name: "acceptance",
      description: "Is the answer good enough? Say why not.",
      guideline: "A fail needs a reason: what would have to change for it to pass? One sentence is enough.",
      optimization_direction: "MAXIMIZE",
      values: [
        { label: "pass", score: 1 },
        { label: "fail", score: 0 },
      ],
    },
  },
];
