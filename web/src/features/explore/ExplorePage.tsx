import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";

import { projectQuery } from "../../api/project";
import { spansQuery } from "../../api/span";
import { paths } from "../../paths";
import { ErrorState } from "../../ui/ErrorState";
import { FirstSpan } from "../../ui/FirstSpan";
import { firstSpanIds } from "../../ui/firstSpanSnippets";
import { Page } from "../../ui/Page";
import { Pager } from "../../ui/Pager";
import { Skeleton } from "../../ui/Skeleton";
import { SpanTable } from "./SpanTable";

/** The newest spans of a project. */
export function ExplorePage() {
  const { project: identifier = "" } = useParams();
  const cursor = useSearchParams()[0].get("cursor");
  const [ids] = useState(firstSpanIds);
  const project = useQuery(projectQuery(identifier));
  const spans = useQuery(spansQuery(identifier, cursor));
  const name = project.data?.data.name ?? identifier;
  return (
    <Page title={name} note={project.data?.data.description}>
      {content()}
    </Page>
  );

  function content() {
    if (spans.isPending) return <Skeleton rows={12} />;
    if (spans.isError) return <ErrorState message={spans.error.message} onRetry={() => void spans.refetch()} />;
    const { data, next_cursor } = spans.data;
    if (data.length === 0 && cursor === null) {
      return <FirstSpan origin={location.origin} project={{ name, identifier }} ids={ids} />;
    }
    return (
      <>
        <SpanTable spans={data} now={new Date(spans.dataUpdatedAt)} stale={spans.isPlaceholderData} />
        <Pager>
          {cursor !== null && <Link to="?">Newest</Link>}
          {next_cursor && <Link to={paths.explore(identifier, { cursor: next_cursor })}>Next page</Link>}
        </Pager>
      </>
    );
  }
}
