import type { RouteObject } from "react-router";

import { App, Lost, Trouble } from "./App";
import { ProjectsPage } from "./features/projects/ProjectsPage";
import { SpansPage } from "./features/spans/SpansPage";

/** Every address of the application. Links are built by `paths.ts`. */
export const routes: RouteObject[] = [
  {
    Component: App,
    children: [
      {
        ErrorBoundary: Trouble,
        children: [
          { path: "/", Component: ProjectsPage },
          { path: "/p/:project", Component: SpansPage },
          { path: "*", Component: Lost },
        ],
      },
    ],
  },
];
