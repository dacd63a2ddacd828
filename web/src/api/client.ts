import createClient from "openapi-fetch";

import { ApiFailure } from "./failure";
import { readAt } from "./live";
import type { paths } from "./schema";

/** The server's API, typed by its OpenAPI description. The only thing in this application that asks the network. */
export const client = createClient<paths>({
  headers: { accept: "application/json, application/problem+json" },
});

client.use({ onResponse: ({ response }) => readAt(Number(response.headers.get("x-rubricate-topics"))) });

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer. Throws `ApiFailure` when there is none, or when there is no server. */
export async function answered<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked.catch(unreachable);
  if (data === undefined) throw failure(response, error);
  return data;
}

/** For an answer that has no data when it is good. Throws `ApiFailure` when it is not, or when there is no server. */
export async function done(asked: Promise<Answer<unknown>>): Promise<void> {
  const { error, response } = await asked.catch(unreachable);
  if (!response.ok) throw failure(response, error);
}

/** Whether there is a server, as far as can be told now. */
export function serverAnswers(): Promise<boolean> {
  return client.GET("/healthz", { parseAs: "text" }).then(
    ({ response }) => response.ok,
    () => false,
  );
}

/** Who is not signed in any more is led to where one signs in, and back afterwards. What waits to be sent is kept. */
function failure(response: Response, error: unknown): ApiFailure {
  if (response.status === 401 && location.pathname !== SIGN_IN) {
    location.assign(`${SIGN_IN}?${new URLSearchParams({ next: `${location.pathname}${location.search}${location.hash}` }).toString()}`);
  }
  return ApiFailure.from(response, error);
}

const SIGN_IN = "/login";

function unreachable(reason: unknown): never {
  if (reason instanceof DOMException && reason.name === "AbortError") throw reason;
  throw new ApiFailure(null, "The server does not answer. Is it still running?");
}
