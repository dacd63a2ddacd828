import "./ui/tokens.css";
import "./ui/global.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { createQueryClient } from "./api/queryClient";
import { App, pageAt } from "./App";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

// With the page there is something to show at once. A file that does not come is told by the page. Not awaited here: the
// page's file waits for this one.
void pageAt(window.location.pathname)
  .file.load()
  .catch(() => undefined)
  .then(() =>
    createRoot(root).render(
      <StrictMode>
        <QueryClientProvider client={createQueryClient()}>
          <App />
        </QueryClientProvider>
      </StrictMode>,
    ),
  );
