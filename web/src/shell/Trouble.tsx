
import { paths } from "../paths";
import { Link } from "../router/Link";
import { ErrorState } from "../ui/ErrorState";
import { Page } from "../ui/Page";

/** Browsers say this in words that are no use to anybody, each in its own. */
const UNLOADED = "A part of this page could not be loaded: the server does not answer, or it is newer than this page.";

/** A page that broke: what happened, and the way on. A page of an older build than the server's is told to reload. */
export function Trouble({ error }: { error: Error }) {
  return (
    <main>
      <Page title="This page broke">
        <ErrorState message={/dynamically imported module|importing a module script/i.test(error.message) ? UNLOADED : error.message} onRetry={() => location.reload()} />
        <p>
          <Link to={paths.projects()}>All projects</Link>
        </p>
      </Page>
    </main>
  );
}
