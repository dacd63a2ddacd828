import type { ReactNode } from "react";

import { account } from "../../account";
import { paths } from "../../paths";
import { NavLink } from "../../router/Link";
import { Page } from "../../ui/Page";
import styles from "./account.module.css";

/** A page for admins, with the way to the others. */
export function Settings({ title, note, children }: { title: string; note: string; children: ReactNode }) {
  if (account()?.role !== "ADMIN") return <Page title={title}>Only admins see this page. Whoever runs the server can make you one.</Page>;
  return (
    <Page title={title} note={note}>
      <nav aria-label="Settings" className={styles.tabs}>
        <NavLink to={paths.users()}>Users</NavLink>
        <NavLink to={paths.keys()}>API keys</NavLink>
      </nav>
      {children}
    </Page>
  );
}
