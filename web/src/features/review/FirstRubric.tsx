import { useQuery } from "@tanstack/react-query";

import { rubricsQuery, useFirstRubric } from "../../api/rubric";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { ErrorState } from "../../ui/ErrorState";
import { NoRubric } from "../../ui/NoRubric";

/** A project where nothing is asked yet: one click, and the review begins. */
export function FirstRubric({ project, missing }: { project: string; missing: readonly string[] }) {
  const existing = useQuery(rubricsQuery());
  const first = useFirstRubric(project);
  return (
    <>
      {missing.length > 0 && <p role="alert">This project has no rubric {missing.join(", ")}.</p>}
      {first.error && <ErrorState message={first.error.message} onRetry={first.reset} />}
      <NoRubric existing={existing.data ?? []} busy={first.isPending || existing.isPending} onPreset={first.mutate} onExisting={first.mutate}>
        <Link to={paths.rubrics()}>Make one of your own</Link>
      </NoRubric>
    </>
  );
}
