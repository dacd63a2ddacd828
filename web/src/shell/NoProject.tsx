import { paths } from "../paths";
import { Link } from "../router/Link";
import { ErrorState } from "../ui/ErrorState";

/** There is no project of that name: the server's sentence, and the way to those that are there. */
export function NoProject({ message, onRetry }: { message: string; onRetry: () => void }) {
  return (
    <ErrorState message={message} onRetry={onRetry}>
      <Link to={paths.projects()}>All projects</Link>
    </ErrorState>
  );
}
