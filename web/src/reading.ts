/** The pages that show what an application did: one file, for who reads a trace goes on to its session. */
export { SessionPage } from "./features/session/SessionPage";
export { TracePage } from "./features/trace/TracePage";
