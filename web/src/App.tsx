import { lazy, Suspense } from "react";
import { Route, Routes, useLocation } from "react-router";

import { Trouble } from "./shell/Trouble";
import { Shell } from "./shell/Shell";
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
const SignInPage = lazy(async () => ({ default: (await import("./accounts")).SignInPage }));
const AccountPage = lazy(async () => ({ default: (await import("./accounts")).AccountPage }));
const UsersPage = lazy(async () => ({ default: (await import("./accounts")).UsersPage }));
const KeysPage = lazy(async () => ({ default: (await import("./accounts")).KeysPage }));
const RubricsPage = lazy(async () => ({ default: (await import("./features/rubrics/RubricsPage")).RubricsPage }));

/** Every address of the application. Links are built by `paths.ts`. */
export function App() {
  const { pathname } = useLocation();
  const [, kind, , page] = pathname.split("/"); // a new kind of page is worth a new try
  return (
    <ErrorBoundary key={`${kind}/${page}`} Fallback={Trouble}>
      <Suspense fallback={<Skeleton rows={4} />}>
        <Routes>
          <Route path="/p/:project/review/adhoc" element={<ReviewPage />} />
          <Route path="/login" element={<SignInPage />} />
          <Route element={<Shell />}>
            <Route path="/" element={<ProjectsPage />} />
            <Route path="/account" element={<AccountPage />} />
            <Route path="/settings/users" element={<UsersPage />} />
            <Route path="/settings/keys" element={<KeysPage />} />
            <Route path="/rubrics" element={<RubricsPage />} />
            <Route path="/rubrics/:name" element={<RubricsPage />} />
            <Route path="/p/:project" element={<OverviewPage />} />
            <Route path="/p/:project/explore" element={<ExplorePage />} />
            <Route path="/p/:project/t/:trace" element={<TracePage />} />
            <Route path="/p/:project/s/:session" element={<SessionPage />} />
            <Route path="/p/:project/annotations" element={<AnnotationsPage />} />
            <Route path="*" element={<Lost />} />
          </Route>
        </Routes>
      </Suspense>
      <Toasts />
    </ErrorBoundary>
  );
}
