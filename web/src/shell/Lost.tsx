import { Link } from "react-router";

import { paths } from "../paths";
import { ErrorState } from "../ui/ErrorState";
import { Page } from "../ui/Page";

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

/** A page that broke: what happened, and the way on. A page of an older build than the server's is told to reload. */
export function Trouble({ error }: { error: Error }) {
  return (
    <main>
      <Page title="This page broke">
        <ErrorState message={error.message} onRetry={() => location.reload()} />
        <p>
          <Link to={paths.projects()}>All projects</Link>
        </p>
      </Page>
    </main>
  );
}
