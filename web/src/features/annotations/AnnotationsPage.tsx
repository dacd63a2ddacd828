import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { type AnnotationFilter, annotationsQuery, type Removal, removeAnnotations } from "../../api/annotation";
import { isGone } from "../../api/failure";
import { useOnTopic } from "../../api/live";
import { projectQuery } from "../../api/project";
import { readAgain } from "../../api/queryClient";
import { rubricsQuery } from "../../api/rubric";
import { useSearchParams } from "../../router/location";
import { useParams } from "../../router/params";
import { NoProject } from "../../shell/NoProject";
import { Button } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorState } from "../../ui/ErrorState";
import { Page } from "../../ui/Page";
import { Skeleton } from "../../ui/Skeleton";
import { toast } from "../../ui/Toasts";
import { AnnotationRows } from "./AnnotationRows";
import styles from "./AnnotationsPage.module.css";
import { DeleteFitting } from "./DeleteFitting";
import { Differences } from "./Differences";
import { FilterForm } from "./FilterForm";
import { filterOf } from "./filter";

const VIEWS = [
  ["all", "All"],
  ["differ", "Where annotators differ"],
] as const;

/** Everything that was said in a project: by whom, of what, when; where they differ; and how to take it back. */
export function AnnotationsPage() {
  const { project: address = "" } = useParams();
  const [search, setSearch] = useSearchParams();
  const project = useQuery(projectQuery(address));
  const queries = useQueryClient();
  const view = search.get("view") === "differ" ? "differ" : "all";
  const refresh = () => void readAgain(queries, ["annotations", address]);
  useOnTopic(`annotations:${project.data?.data.id ?? ""}`, refresh);
  const name = project.data?.data.name ?? address;
  return (
    <Page title={`Annotations of ${name}`}>
      <div className={styles.tools}>
        <Choice
          legend="View"
          legendShown={false}
          value={view}
          options={VIEWS}
          onChange={(chosen) => {
            const next = new URLSearchParams(search);
            if (chosen === "all") next.delete("view");
            else next.set("view", chosen);
            setSearch(next);
          }}
        />
      </div>
      {isGone(project.error) ? (
        <NoProject message={project.error.message} onRetry={() => void project.refetch()} />
      ) : view === "differ" ? (
        <Differences address={address} />
      ) : (
        <>
          <FilterForm />
          <All address={address} filter={filterOf(search)} onRemoved={refresh} />
        </>
      )}
    </Page>
  );
}

function All({ address, filter, onRemoved }: { address: string; filter: AnnotationFilter; onRemoved: () => void }) {
  const found = useInfiniteQuery(annotationsQuery(address, filter));
  const rubrics = useQuery(rubricsQuery());
  const [deleting, setDeleting] = useState(false);
  const tell = (removal: Removal) => {
    onRemoved();
    const undo = removal.undo;
    toast(removal.deleted === 1 ? "Deleted the annotation." : `Deleted ${removal.deleted.toLocaleString()} annotations.`, {
      undo:
        undo &&
        (() =>
          void undo().then(
            () => {
              onRemoved();
              toast("They are back.");
            },
            (error: Error) => toast(`They could not be brought back: ${error.message}`, { failed: true }),
          )),
    });
  };
  const remove = async (which: Parameters<typeof removeAnnotations>[0]) => {
    try {
      tell(await removeAnnotations(which));
    } catch (error) {
      toast(`Nothing was deleted: ${(error as Error).message}`, { failed: true });
    }
  };
  if (found.isPending) return <Skeleton rows={12} />;
  if (found.isLoadingError) return <ErrorState message={found.error.message} onRetry={() => void found.refetch()} />;
  const annotations = found.data.pages.flatMap(({ data }) => data);
  const narrowed = Object.keys(filter).length > 0;
  if (annotations.length === 0) {
    return narrowed ? (
      <EmptyState title="No annotation fits.">Drop one of the conditions above.</EmptyState>
    ) : (
      <EmptyState title="Nothing was annotated in this project yet.">
        <p>Review some traces, let users give feedback through the API, or let a judge annotate.</p>
      </EmptyState>
    );
  }
  return (
    <>
      <AnnotationRows address={address} annotations={annotations} rubrics={rubrics.data ?? []} stale={found.isPlaceholderData} onDelete={(id) => void remove({ ids: [id] })} onSaved={onRemoved} />
      <div className={styles.after}>
        {found.isFetchNextPageError && <p role="alert">The older ones did not come. {found.error.message}</p>}
        {found.hasNextPage && (
          <Button disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {found.isFetchingNextPage ? "Loading…" : "Show older ones"}
          </Button>
        )}
        {narrowed && <Button onClick={() => setDeleting(true)}>Delete all that fit…</Button>}
      </div>
      {deleting && (
        <DeleteFitting
          filter={filter}
          onClose={() => setDeleting(false)}
          onConfirm={() => {
            setDeleting(false);
            void remove({ project: address, filter });
          }}
        />
      )}
    </>
  );
}
