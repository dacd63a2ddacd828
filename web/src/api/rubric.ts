import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import type { Preset } from "../domain/preset";
import type { NewRubric, Rubric } from "../domain/rubric";
import { answered, client } from "./client";
import type { components } from "./schema";

export type RubricVersion = components["schemas"]["RubricVersion"];

const MOST = 1000;

/** All rubrics of the server, newest first. */
export function rubricsQuery() {
  return queryOptions({
    queryKey: ["rubrics"],
    queryFn: async ({ signal }) => (await answered(client.GET("/v1/annotation_configs", { params: { query: { limit: MOST } }, signal }))).data,
  });
}

/** The rubrics that those who annotate a project answer; the project by its name or id. */
export function projectRubricsQuery(project: string) {
  return queryOptions({
    queryKey: ["rubrics", "of", project],
    queryFn: async ({ signal }) =>
      (await answered(client.GET("/v1/projects/{project_identifier}/annotation_configs", { params: { path: { project_identifier: project }, query: { limit: MOST } }, signal }))).data,
  });
}

/** Make a rubric. */
export async function createRubric(rubric: NewRubric): Promise<Rubric> {
  return (await answered(client.POST("/v1/annotation_configs", { body: rubric }))).data;
}

/** Have a project's annotators answer a rubric. */
export async function assignRubric(project: string, rubricId: string): Promise<void> {
  await answered(client.PUT("/v1/projects/{project_identifier}/annotation_configs/{config_identifier}", { params: { path: { project_identifier: project, config_identifier: rubricId } } }));
}

/** Give a project its first rubric: one of the server, or a preset that is made for it. For `NoRubric`. */
export function useFirstRubric(project: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (chosen: Preset | Rubric) => {
      const rubric = "id" in chosen ? chosen : await createRubric(chosen.rubric);
      await assignRubric(project, rubric.id);
      return rubric;
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["rubrics"] }),
  });
}
