import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The program under test. Name another one to try an installed wheel instead of this tree. */
const PROGRAM = process.env.RUBRICATE_PROGRAM ?? fileURLToPath(new URL("../.venv/bin/rubricate", import.meta.url));
const READY_WITHIN_MS = 60_000;

/** `halt` ends the program as a power cut would, and keeps its data; `start` starts it again in the same place. `said` is what it printed. */
export type Server = { origin: string; said: () => string; stop: () => Promise<void>; halt: () => Promise<void>; start: () => Promise<void> };

/** A real server on free ports, with a data folder of its own. Ready when it says so itself. */
export function startServer(...options: string[]): Promise<Server> {
  return startServerWith({}, ...options);
}

/** The same with settings of its own. */
export async function startServerWith(environment: Record<string, string>, ...options: string[]): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "rubricate-e2e-"));
  const [port, grpcPort] = await Promise.all([freePort(), freePort()]);
  const origin = `http://127.0.0.1:${port}`;
  let end: (signal: NodeJS.Signals) => Promise<void>;
  let said = "";

  const start = async () => {
    const program = spawn(PROGRAM, ["serve", "--port", String(port), ...options], {
      env: { ...strangersEnvironment(), ...environment, RUBRICATE_DATA: folder, RUBRICATE_GRPC_PORT: String(grpcPort) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    said = "";
    for (const stream of [program.stdout, program.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
    let over = false;
    const ended = new Promise<void>((resolve) => {
      program.once("error", (error) => ((said += error.message), (over = true), resolve()));
      program.once("exit", () => ((over = true), resolve()));
    });
    end = async (signal) => {
      program.kill(signal);
      const late = setTimeout(() => program.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(late);
    };
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await isReady(origin))) {
      if (over || Date.now() > deadline) {
        program.kill("SIGKILL");
        throw new Error(`\`${PROGRAM} serve\` ${over ? "stopped" : "was not ready in time"}. It said:\n${said}`);
      }
      await sleep(100);
    }
  };

  await start();
  return {
    origin,
    said: () => said,
    start,
    halt: () => end("SIGKILL"),
    stop: async () => {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Our environment without what would make this server somebody's own. */
function strangersEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(RUBRICATE|PHOENIX|OTEL)_/.test(name)));
}

async function isReady(origin: string): Promise<boolean> {
  try {
    return (await fetch(`${origin}/readyz`)).ok;
  } catch {
    return false; // nobody listens yet
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
  return address.port;
}
