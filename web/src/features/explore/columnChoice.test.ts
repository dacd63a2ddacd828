import { expect, test } from "vitest";

import { chosenColumns, DEFAULT_COLUMNS, withColumn } from "./columnChoice";

test("columns stand in our order, and the name always does", () => {
  expect(chosenColumns("cost,model,input")).toEqual(["name", "input", "cost", "model"]);
  expect(chosenColumns("nonsense")).toBeNull();
  expect(chosenColumns(null)).toBeNull();
});

test("a column comes to its place and goes again", () => {
  const more = withColumn(DEFAULT_COLUMNS, "model", true);
  expect(more).toEqual(["name", "content", "annotations", "status", "latency", "tokens", "cost", "start_time", "model"]);
  expect(withColumn(more ?? [], "model", false)).toBeNull();
});
