import { expect, test } from "vitest";

import type { AnnotationMatrix } from "../../api/insight";
import { agreementText } from "./Agreement";

const cell = (row: string, column: string, count: number) => ({ row, column, count, filter: null });
const matrix = (target_count: number, cells: AnnotationMatrix["cells"]) => ({ target_count, cells, agreement: { value: 0.75, low: 0.3, high: 0.95 }, kappa: null }) as unknown as AnnotationMatrix;

test("how far people and judges agree", () => {
  expect(agreementText(matrix(4, [cell("a", "a", 3), cell("a", "b", 1)]))).toBe("They agree on 75 % (30–95 %) of 4 targets.");
});

test("a target that stands in several cells is accounted for", () => {
  expect(agreementText(matrix(4, [cell("a", "a", 3), cell("a", "b", 1), cell("b", "b", 1)]))).toMatch(/ of 4 targets\. A target on which people, or judges, differ among themselves is counted in several cells\.$/);
});
