/** An answer that is not what was asked for. `status` is null when there was no answer at all. */
export class ApiFailure extends Error {
  readonly status: number | null;

  constructor(status: number | null, message: string) {
    super(message);
    this.name = "ApiFailure";
    this.status = status;
  }

  static from(response: Response, body: unknown): ApiFailure {
    return new ApiFailure(response.status, explanation(body) ?? `The server answered ${response.status} ${response.statusText}.`);
  }

  /** Whether somebody has to sign in first. */
  get unknown(): boolean {
    return this.status === 401;
  }

  /** Whether asking again may help: the server's fault or the network's, not ours. */
  get passing(): boolean {
    return this.status === null || this.status >= 500 || this.status === 429;
  }
}

/** Whether there is no such thing, or no longer. */
export function isGone(error: unknown): error is ApiFailure {
  return error instanceof ApiFailure && error.status === 404;
}

/** The sentence in an error's body: plain text, a problem document, or FastAPI's list of validation errors. */
export function explanation(body: unknown): string | null {
  if (typeof body === "string") return body.trim() || null;
  if (!isObject(body)) return null;
  const { detail, title } = body;
  if (Array.isArray(detail)) {
    const sentences = detail.filter(isObject).map(({ loc, msg }) => `${Array.isArray(loc) ? loc.join(".") : "request"}: ${String(msg)}`);
    return sentences.join("\n") || null;
  }
  return [detail, title].find((part) => typeof part === "string") ?? null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
