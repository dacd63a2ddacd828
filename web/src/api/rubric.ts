import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import type { Preset } from "../domain/preset";
import type { NewRubric, Rubric } from "../domain/rubric";
import { answered, client, done } from "./client";
import { readAgain } from "./queryClient";
import type { components } from "./schema";

export type RubricVersion = components["schemas"]["RubricVersion"];
export type RubricFigures = components["schemas"]["RubricFigures"];

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
    onSettled: () => readAgain(queries, ["rubrics"]),
  });
}

/** Where each rubric is used, and how much; by the rubric's id. */
export function rubricFiguresQuery() {
  return queryOptions({
    queryKey: ["rubrics", "figures"],
    queryFn: async ({ signal }) => {
      const { data } = await answered(client.GET("/v1/annotation_config_figures", { signal }));
      return new Map(data.map((figures) => [figures.id, figures]));
    },
  });
}

/** All versions of a rubric, oldest first. */
export function rubricVersionsQuery(rubricId: string) {
  return queryOptions({
    queryKey: ["rubrics", "versions", rubricId],
    queryFn: async ({ signal }) =>
      (await answered(client.GET("/v1/annotation_configs/{config_identifier}/versions", { params: { path: { config_identifier: rubricId } }, signal }))).data,
  });
}

/** Replace a rubric: its next version. */
export async function updateRubric(rubricId: string, rubric: NewRubric): Promise<Rubric> {
  return (await answered(client.PUT("/v1/annotation_configs/{config_id}", { params: { path: { config_id: rubricId } }, body: rubric }))).data;
}

/** Delete a rubric; its annotations and its versions stay. */
export async function deleteRubric(rubricId: string): Promise<void> {
  await answered(client.DELETE("/v1/annotation_configs/{config_id}", { params: { path: { config_id: rubricId } } }));
}

/** Bring a deleted rubric back, for the projects that had it. */
export async function restoreRubric(rubricId: string, projects: readonly string[]): Promise<Rubric> {
  const { data } = await answered(client.POST("/v1/annotation_configs/{config_id}/restore", { params: { path: { config_id: rubricId } } }));
  await Promise.all(projects.map((project) => assignRubric(project, rubricId)));
  return data;
}

/** Have a project's annotators answer a rubric no more. */
export async function unassignRubric(project: string, rubricId: string): Promise<void> {
  await done(client.DELETE("/v1/projects/{project_identifier}/annotation_configs/{config_identifier}", { params: { path: { project_identifier: project, config_identifier: rubricId } } }));
}
