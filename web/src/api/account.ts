import { queryOptions } from "@tanstack/react-query";

import type { Account } from "../account";
import { answered, client, done } from "./client";
import type { components } from "./schema";

export type User = components["schemas"]["User"];
export type Role = Exclude<User["role"], "SYSTEM">;
export type ApiKey = components["schemas"]["ApiKey"];
export type CreatedApiKey = components["schemas"]["CreatedApiKey"];
export type UserApiKey = components["schemas"]["UserApiKey"];

/** Who is signed in; null where the server asks nobody. Throws `ApiFailure` with status 401 when nobody is yet. */
export async function whoIsThere(): Promise<Account | null> {
  const { data } = await answered(client.GET("/v1/user"));
  if (data.auth_method !== "LOCAL") return null;
  return { name: data.username, role: data.role as Role, choosesPassword: data.password_needs_reset };
}

/** Sign in by name or mail address. */
export async function signIn(username: string, password: string): Promise<void> {
  await done(client.POST("/auth/login", { body: { username, email: "", password } }));
}

/** End the session of this browser. */
export async function signOut(): Promise<void> {
  await done(client.POST("/auth/logout"));
}

/** Change one's own password; all other sessions end. */
export async function changePassword(current_password: string, new_password: string): Promise<void> {
  await done(client.POST("/auth/password", { body: { current_password, new_password } }));
}

const MOST = 1000;

/** All users, or the newest thousand. */
export function usersQuery() {
  return queryOptions({
    queryKey: ["users"],
    queryFn: async ({ signal }) => (await answered(client.GET("/v1/users", { params: { query: { limit: MOST } }, signal }))).data,
  });
}

/** Make a user with a first password. */
export async function createUser(username: string, email: string | null, role: Role, password: string): Promise<User> {
  return (await answered(client.POST("/v1/users", { body: { user: { username, email, role, auth_method: "LOCAL", password }, send_welcome_email: false } }))).data;
}

/** Change what is given of a user. */
export async function updateUser(id: string, change: { role?: Role; email?: string | null; password?: string }): Promise<User> {
  return (await answered(client.PATCH("/v1/users/{user_identifier}", { params: { path: { user_identifier: id } }, body: change }))).data;
}

/** Delete a user with all sessions and keys. */
export async function deleteUser(id: string): Promise<void> {
  await done(client.DELETE("/v1/users/{user_identifier}", { params: { path: { user_identifier: id } } }));
}

/** Whose keys: one's own, or those of the system. */
export type Whose = "user" | "system";

/** Keys, newest first. */
export function keysQuery(whose: Whose) {
  return queryOptions({
    queryKey: ["keys", whose],
    queryFn: async ({ signal }) => (await answered(whose === "user" ? client.GET("/v1/user/api_keys", { signal }) : client.GET("/v1/system/api_keys", { signal }))).data,
  });
}

/** The keys of all users, or the newest thousand. */
export function allKeysQuery() {
  return queryOptions({
    queryKey: ["keys", "all users"],
    queryFn: async ({ signal }) => (await answered(client.GET("/v1/users/api_keys", { params: { query: { limit: MOST } }, signal }))).data,
  });
}

/** Make a key. The answer is the only place where it can be read. */
export async function createKey(whose: Whose, name: string, description: string | null, expires_at: string | null): Promise<CreatedApiKey> {
  const body = { data: { name, description, expires_at } };
  return (await answered(whose === "user" ? client.POST("/v1/user/api_keys", { body }) : client.POST("/v1/system/api_keys", { body }))).data;
}

/** Delete a key: one's own, one of the system, or as an admin one of another user. */
export async function deleteKey(whose: Whose | "users", key_id: string): Promise<void> {
  const params = { params: { path: { key_id } } };
  if (whose === "user") return done(client.DELETE("/v1/user/api_keys/{key_id}", params));
  if (whose === "system") return done(client.DELETE("/v1/system/api_keys/{key_id}", params));
  return done(client.DELETE("/v1/users/api_keys/{key_id}", params));
}
