import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { answered, client, done } from "./client";
import type { components } from "./schema";

export type Project = components["schemas"]["Project"];
export type ProjectFigures = components["schemas"]["ProjectFigures"];

const MOST = 1000;

/** One page of all projects, or of those whose name contains a text, newest first. */
export function projectsQuery(cursor: string | null, name_contains = "") {
  return queryOptions({
    queryKey: ["projects", { cursor, name_contains }],
    queryFn: ({ signal }) =>
      answered(client.GET("/v1/projects", { params: { query: { ...(cursor === null ? {} : { cursor }), ...(name_contains ? { name_contains } : {}) } }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** The projects that people choose from: all, or the newest thousand. */
export function allProjectsQuery() {
  return queryOptions({
    queryKey: ["projects", "all"],
    queryFn: async ({ signal }) => (await answered(client.GET("/v1/projects", { params: { query: { limit: MOST } }, signal }))).data,
  });
}

/** How much each project holds, by the project's id; errors are those of the last 24 hours. */
export function projectFiguresQuery() {
  return queryOptions({
    queryKey: ["project figures"],
    queryFn: async ({ signal }) => {
      const { data } = await answered(client.GET("/v1/project_figures", { signal }));
      return new Map(data.map((figures) => [figures.project_id, figures]));
    },
  });
}

/** One project, by its name or id. */
export function projectQuery(identifier: string) {
  return queryOptions({
    queryKey: ["project", identifier],
    queryFn: ({ signal }) =>
      answered(client.GET("/v1/projects/{project_identifier}", { params: { path: { project_identifier: identifier } }, signal })),
  });
}

/** Make a project. Spans that are sent to its name belong to it. */
export async function createProject(name: string, description: string | null): Promise<Project> {
  return (await answered(client.POST("/v1/projects", { body: { name, description } }))).data;
}

/** Give a project another name and description. */
export async function updateProject(id: string, name: string, description: string | null): Promise<Project> {
  return (await answered(client.PUT("/v1/projects/{project_identifier}", { params: { path: { project_identifier: id } }, body: { name, description } }))).data;
}

/** Delete a project with all that is in it. */
export async function deleteProject(id: string): Promise<void> {
  await done(client.DELETE("/v1/projects/{project_identifier}", { params: { path: { project_identifier: id } } }));
}
