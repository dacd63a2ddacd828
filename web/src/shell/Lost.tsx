
import { paths } from "../paths";
import { Link } from "../router/Link";
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
