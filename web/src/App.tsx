import { lazy, Suspense, useMemo } from "react";

import { useLocation } from "./router/location";
import { match } from "./router/match";
import { ParamsContext } from "./router/params";
import { Shell } from "./shell/Shell";
import { Trouble } from "./shell/Trouble";
import { ErrorBoundary } from "./ui/ErrorBoundary";
import { Skeleton } from "./ui/Skeleton";
import { Toasts } from "./ui/Toasts";

// Each page is a file of its own, so that nobody waits for a page that they do not look at.
const ProjectsPage = lazy(async () => ({ default: (await import("./features/projects/ProjectsPage")).ProjectsPage }));
const OverviewPage = lazy(async () => ({ default: (await import("./features/overview/OverviewPage")).OverviewPage }));
const ExplorePage = lazy(async () => ({ default: (await import("./features/explore/ExplorePage")).ExplorePage }));
const TracePage = lazy(async () => ({ default: (await import("./reading")).TracePage }));
const SessionPage = lazy(async () => ({ default: (await import("./reading")).SessionPage }));
const AnnotationsPage = lazy(async () => ({ default: (await import("./features/annotations/AnnotationsPage")).AnnotationsPage }));
const ReviewPage = lazy(async () => ({ default: (await import("./features/review/ReviewPage")).ReviewPage }));
const Lost = lazy(async () => ({ default: (await import("./shell/Lost")).Lost }));
const RubricsPage = lazy(async () => ({ default: (await import("./features/rubrics/RubricsPage")).RubricsPage }));

/** Every address of the application, but for those that lead nowhere. Links are built by `paths.ts`. */
const PAGES = [
  ["/", ProjectsPage],
  ["/rubrics", RubricsPage],
  ["/rubrics/:name", RubricsPage],
  ["/p/:project", OverviewPage],
  ["/p/:project/explore", ExplorePage],
  ["/p/:project/t/:trace", TracePage],
  ["/p/:project/s/:session", SessionPage],
  ["/p/:project/annotations", AnnotationsPage],
  ["/p/:project/review/adhoc", ReviewPage],
] as const;

/** The page of the address, in the shell that all but the review share. */
export function App() {
  const { pathname } = useLocation();
  const { Page, params } = useMemo(() => pageAt(pathname), [pathname]);
  const [, kind, , page] = pathname.split("/"); // a new kind of page is worth a new try
  return (
    <ErrorBoundary key={`${kind}/${page}`} Fallback={Trouble}>
      <ParamsContext value={params}>
        <Suspense fallback={<Skeleton rows={4} />}>
          {Page === ReviewPage ? (
            <ReviewPage />
          ) : (
            <Shell>
              <Page />
            </Shell>
          )}
        </Suspense>
      </ParamsContext>
      <Toasts />
    </ErrorBoundary>
  );
}

function pageAt(pathname: string) {
  for (const [pattern, Page] of PAGES) {
    const params = match(pattern, pathname);
    if (params !== null) return { Page, params };
  }
  return { Page: Lost, params: {} };
}
