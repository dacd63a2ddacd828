import "./ui/tokens.css";
import "./ui/global.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { asksWho, enter } from "./account";
import { ApiFailure } from "./api/failure";
import { createQueryClient } from "./api/queryClient";
import { App, pageAt } from "./App";
import { paths } from "./paths";
import { ErrorState } from "./ui/ErrorState";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

/** Where the server asks who one is, that is known first: all that is shown depends on it. */
async function meet(): Promise<void> {
  if (!asksWho() || location.pathname === paths.signIn()) return;
  const { whoIsThere } = await import("./api/account");
  enter(await whoIsThere());
}

const page = createRoot(root);
// With the page's file there is something to show at once. One that does not come is told by the page. Not awaited here: it
// waits for this one.
const file = pageAt(location.pathname).file.load().catch(() => undefined);
meet().then(
  () => file.then(() => page.render(application())),
  (reason: unknown) => {
    if (!(reason instanceof ApiFailure && reason.unknown)) page.render(<ErrorState message={String(reason instanceof Error ? reason.message : reason)} onRetry={() => location.reload()} />);
  },
);

function application() {
  return (
    <StrictMode>
      <QueryClientProvider client={createQueryClient()}>
        <App />
      </QueryClientProvider>
    </StrictMode>
  );
}
