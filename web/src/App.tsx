import { useEffect, useRef } from "react";
import { isRouteErrorResponse, Link, NavLink, Outlet, ScrollRestoration, useLocation, useRouteError } from "react-router";

import styles from "./App.module.css";
import { paths } from "./paths";
import { ErrorState } from "./ui/ErrorState";
import { Page } from "./ui/Page";

/** What surrounds every page. */
export function App() {
  const main = useRef<HTMLElement>(null);
  useFocusAfterNavigation(main);
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <header className={styles.bar}>
        <span className={styles.brand}>Rubricate</span>
        <nav aria-label="Main">
          <NavLink end to={paths.projects()} className={styles.link ?? ""}>
            Projects
          </NavLink>
        </nav>
      </header>
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        <Outlet />
      </main>
      <ScrollRestoration />
    </>
  );
}

/** An address that leads nowhere. */
export function Lost() {
  return (
    <Page title="There is no such page">
      <p>
        <Link to={paths.projects()}>All projects</Link>
      </p>
    </Page>
  );
}

/** A page that broke: the bar stays, and the reader learns what happened. */
export function Trouble() {
  const error = useRouteError();
  const message = isRouteErrorResponse(error) ? error.statusText : error instanceof Error ? error.message : String(error);
  return (
    <Page title="This page broke">
      <ErrorState message={message} onRetry={() => location.reload()} />
    </Page>
  );
}

/** A browser moves focus to the new page; a router has to do it, or a screen reader goes on reading the old one. */
function useFocusAfterNavigation(target: React.RefObject<HTMLElement | null>) {
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    target.current?.focus({ preventScroll: true });
  }, [pathname, target]);
}
