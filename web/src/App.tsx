import { Suspense, useMemo } from "react";

import { account } from "./account";
import { useLocation } from "./router/location";
import { match, type Params } from "./router/match";
import { type PageFile, pageFile, usePageFile } from "./router/pageFile";
import { ParamsContext } from "./router/params";
import { Shell } from "./shell/Shell";
import { Trouble, TroubleAlone } from "./shell/Trouble";
import { ErrorBoundary } from "./ui/ErrorBoundary";
import { Skeleton } from "./ui/Skeleton";
import { Toasts } from "./ui/Toasts";

const ProjectsPage = pageFile(async () => (await import("./features/projects/ProjectsPage")).ProjectsPage);
const OverviewPage = pageFile(async () => (await import("./features/overview/OverviewPage")).OverviewPage);
const ExplorePage = pageFile(async () => (await import("./features/explore/ExplorePage")).ExplorePage);
const TracePage = pageFile(async () => (await import("./reading")).TracePage);
const SessionPage = pageFile(async () => (await import("./reading")).SessionPage);
const AnnotationsPage = pageFile(async () => (await import("./features/annotations/AnnotationsPage")).AnnotationsPage);
const ReviewPage = pageFile(async () => (await import("./features/review/ReviewPage")).ReviewPage);
const Lost = pageFile(async () => (await import("./shell/Lost")).Lost);
const DatasetsPage = pageFile(async () => (await import("./features/datasets/DatasetsPage")).DatasetsPage);
const RubricsPage = pageFile(async () => (await import("./features/rubrics/RubricsPage")).RubricsPage);
const SignInPage = pageFile(async () => (await import("./accounts")).SignInPage);
const ChoosePasswordPage = pageFile(async () => (await import("./accounts")).ChoosePasswordPage);
const AccountPage = pageFile(async () => (await import("./accounts")).AccountPage);
const UsersPage = pageFile(async () => (await import("./accounts")).UsersPage);
const KeysPage = pageFile(async () => (await import("./accounts")).KeysPage);

/** Every address of the application, but for those that lead nowhere. Links are built by `paths.ts`. */
const PAGES = [
  ["/", ProjectsPage],
  ["/rubrics", RubricsPage],
  ["/rubrics/:name", RubricsPage],
  ["/datasets", DatasetsPage],
  ["/datasets/:dataset", DatasetsPage],
  ["/login", SignInPage],
  ["/account", AccountPage],
  ["/settings/users", UsersPage],
  ["/settings/keys", KeysPage],
  ["/p/:project", OverviewPage],
  ["/p/:project/explore", ExplorePage],
  ["/p/:project/t/:trace", TracePage],
  ["/p/:project/s/:session", SessionPage],
  ["/p/:project/annotations", AnnotationsPage],
  ["/p/:project/review/adhoc", ReviewPage],
] as const satisfies (readonly [pattern: string, file: PageFile])[];

/** The page of the address, in the shell that all share but the review and who is not known, or not let in, yet. */
export function App() {
  const { pathname } = useLocation();
  const { file: asked, params } = useMemo(() => pageAt(pathname), [pathname]);
  const file = account()?.choosesPassword ? ChoosePasswordPage : asked;
  const [, kind, , page] = pathname.split("/"); // a new kind of page is worth a new try
  return (
    <ErrorBoundary key={`${kind}/${page}`} Fallback={TroubleAlone}>
      <ParamsContext value={params}>
        <Suspense fallback={<Skeleton rows={4} />}>
          {file === ReviewPage || file === SignInPage || file === ChoosePasswordPage ? (
            <Page file={file} />
          ) : (
            <Shell>
              <ErrorBoundary Fallback={Trouble}>
                <Page file={file} />
              </ErrorBoundary>
            </Shell>
          )}
        </Suspense>
      </ParamsContext>
      <Toasts />
    </ErrorBoundary>
  );
}

function Page({ file }: { file: PageFile }) {
  usePageFile(file);
  return file.component === null ? <Skeleton rows={8} /> : <file.component />;
}

/** The file of the page at a path, and what the path says to it. */
export function pageAt(pathname: string): { file: PageFile; params: Params } {
  for (const [pattern, file] of PAGES) {
    const params = match(pattern, pathname);
    if (params !== null) return { file, params };
  }
  return { file: Lost, params: {} };
}
