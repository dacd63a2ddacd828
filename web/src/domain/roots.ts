/** The filter for spans without a parent: each request once. Apart from `filter.ts`, which the review screen does without. */
export const ROOTS = "parent_id is None";
