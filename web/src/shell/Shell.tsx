import { type ReactNode, Suspense, useEffect, useRef, useState } from "react";

import { useKeys } from "../keys/useKeys";
import { paths } from "../paths";
import { Link, NavLink } from "../router/Link";
import { navigate, useLocation } from "../router/location";
import { useParams } from "../router/params";
import { Button } from "../ui/Button";
import { KeyHint } from "../ui/KeyHint";
import { Skeleton } from "../ui/Skeleton";
import { KeyList } from "./KeyList";
import { PreferencesMenu } from "./PreferencesMenu";
import styles from "./Shell.module.css";
import { Unrefreshed } from "./Unrefreshed";

/** What surrounds every page but the review screen. */
export function Shell({ children }: { children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  const { project } = useParams();
  const [keyList, setKeyList] = useState(false);
  useFocusAfterNavigation(main);
  useScrollMemory();
  const go = (path: (project: string) => string) => () => (project === undefined ? false : navigate(path(project)));
  useKeys("everywhere", {
    keyList: () => setKeyList(true),
    goExplore: go(paths.explore),
    goReview: go(paths.review),
    goAnnotations: go(paths.annotations),
    goDatasets: () => navigate(paths.datasets()),
    goOverview: go(paths.overview),
  });
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <header className={styles.bar}>
        <Link to={paths.projects()} className={styles.brand}>
          Rubricate
        </Link>
        {project !== undefined && <ProjectNav project={project} />}
        <nav aria-label="Main" className={styles.nav}>
          <NavLink end to={paths.projects()} className={styles.link}>
            Projects
          </NavLink>
          <NavLink to={paths.rubrics()} className={styles.link}>
            Rubrics
          </NavLink>
          <NavLink to={paths.datasets()} className={styles.link}>
            Datasets
          </NavLink>
        </nav>
        <span className={styles.tools}>
          <Button look="quiet" onClick={() => setKeyList(true)}>
            Keys <KeyHint keys="?" />
          </Button>
          <PreferencesMenu />
        </span>
      </header>
      <Unrefreshed />
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        <Suspense fallback={<Skeleton rows={8} />}>{children}</Suspense>
      </main>
      {keyList && <KeyList onClose={() => setKeyList(false)} />}
    </>
  );
}

function ProjectNav({ project }: { project: string }) {
  return (
    <nav aria-label="Project" className={styles.nav}>
      <span className={styles.project} title={project}>
        {project}
      </span>
      <NavLink end to={paths.overview(project)} className={styles.link}>
        Overview
      </NavLink>
      <NavLink to={paths.explore(project)} className={styles.link}>
        Explore
      </NavLink>
      <NavLink to={paths.review(project)} className={styles.link}>
        Review
      </NavLink>
      <NavLink to={paths.annotations(project)} className={styles.link}>
        Annotations
      </NavLink>
    </nav>
  );
}

/** A browser moves focus to the new page; a router has to do it, or a screen reader goes on reading the old one. */
function useFocusAfterNavigation(target: React.RefObject<HTMLElement | null>) {
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    if (target.current?.contains(document.activeElement)) return; // a page that was left comes back with its focus
    target.current?.focus({ preventScroll: true });
  }, [pathname, target]);
}

/** A new page begins at its top; Back returns to where the page was left. */
function useScrollMemory() {
  const { key, pathname } = useLocation();
  const places = useRef(new Map<string, number>());
  const page = useRef(pathname);
  useEffect(() => {
    const known = places.current;
    const changed = page.current !== pathname;
    page.current = pathname;
    if (known.has(key)) window.scrollTo(0, known.get(key) ?? 0);
    else if (changed) window.scrollTo(0, 0);
    else known.set(key, window.scrollY); // only the search part was replaced: the place is the same
    const remember = () => known.set(key, window.scrollY);
    window.addEventListener("scroll", remember, { passive: true });
    return () => window.removeEventListener("scroll", remember);
  }, [key, pathname]);
}
