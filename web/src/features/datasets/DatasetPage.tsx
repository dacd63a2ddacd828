import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { isGone } from "../../api/failure";
import { type Dataset, datasetFile, datasetQuery, type DatasetVersion, type Example, examplesQuery, splitsQuery, versionsQuery } from "../../api/dataset";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { useSearchParams } from "../../router/location";
import { Button, buttonLook } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorState } from "../../ui/ErrorState";
import { Icon } from "../../ui/Icon";
import { counted, formatCount } from "../../ui/number";
import { Page } from "../../ui/Page";
import { Popover } from "../../ui/Popover";
import { Select } from "../../ui/Select";
import { Skeleton } from "../../ui/Skeleton";
import { formatTime } from "../../ui/time";
import styles from "./DatasetPage.module.css";
import { DeleteDataset } from "./DeleteDataset";
import { ExampleSheet } from "./ExampleSheet";
import { ExampleTable } from "./ExampleTable";

/** One dataset: the examples of one of its versions, and ways to take them out. */
export function DatasetPage({ id }: { id: string }) {
  const dataset = useQuery(datasetQuery(id));
  if (dataset.isPending) {
    return (
      <Page title="Dataset">
        <Skeleton rows={8} />
      </Page>
    );
  }
  const gone = isGone(dataset.error);
  if (dataset.isLoadingError) {
    return (
      <Page title={gone ? "There is no such dataset" : "Dataset"}>
        {gone ? (
          <p>
            It may have been deleted. <Link to={paths.datasets()}>All datasets</Link>
          </p>
        ) : (
          <ErrorState message={dataset.error.message} onRetry={() => void dataset.refetch()} />
        )}
      </Page>
    );
  }
  return <Loaded dataset={dataset.data} />;
}

function Loaded({ dataset }: { dataset: Dataset }) {
  const [search, setSearch] = useSearchParams();
  const version = search.get("version");
  const split = search.get("split");
  const versions = useQuery(versionsQuery(dataset.id));
  const splits = useQuery(splitsQuery(dataset.id));
  const examples = useInfiniteQuery(examplesQuery(dataset.id, version, split));
  const [opened, setOpened] = useState<Example | null>(null);
  const [deleting, setDeleting] = useState(false);
  const rows = examples.data?.pages.flatMap((page) => page.data.examples) ?? [];
  const set = (name: string, value: string) =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      if (value === "") next.delete(name);
      else next.set(name, value);
      return next;
    });
  return (
    <Page title={dataset.name} note={dataset.description}>
      <div className={styles.bar}>
        <span className={styles.count} role="status">
          {version === null && split === null ? counted(dataset.example_count, "example") : examples.data && `${formatCount(rows.length)}${examples.hasNextPage ? "+" : ""} ${rows.length === 1 ? "example" : "examples"}`}
        </span>
        {versions.data && versions.data.length > 0 && (
          <Select label="Version" value={version ?? ""} options={[["", `Newest${versions.data.length > 1 ? ` (of ${formatCount(dataset.version_count)})` : ""}`], ...versions.data.slice(1).map((one, place) => [one.version_id, inWords(one, dataset.version_count - 1 - place)] as const)]} onChange={(chosen) => set("version", chosen)} />
        )}
        {splits.data && splits.data.length > 0 && (
          <Select label="Split" value={split ?? ""} options={[["", "All"], ...splits.data.map(({ name, example_count }) => [name, `${name} (${formatCount(example_count)})`] as const)]} onChange={(chosen) => set("split", chosen)} />
        )}
        <span className={styles.acts}>
          <Popover
            label={
              <>
                <Icon name="download" /> Export
              </>
            }
          >
            {(close) => (
              <div className={styles.menu}>
                <a className={buttonLook()} href={datasetFile(dataset.id, "csv", version)} download onClick={close}>
                  CSV
                </a>
                <a className={buttonLook()} href={datasetFile(dataset.id, "jsonl", version)} download onClick={close}>
                  JSON lines
                </a>
              </div>
            )}
          </Popover>
          <Button look="danger" onClick={() => setDeleting(true)}>
            <Icon name="trash" /> Delete
          </Button>
        </span>
      </div>
      {examples.isPending && <Skeleton rows={8} />}
      {(examples.isLoadingError || examples.isFetchNextPageError) && <ErrorState message={examples.error.message} onRetry={() => void (examples.data ? examples.fetchNextPage() : examples.refetch())} />}
      {examples.data && rows.length === 0 && <Nothing narrowed={split !== null || version !== null} />}
      {rows.length > 0 && (
        <ExampleTable
          examples={rows}
          total={version === null && split === null ? dataset.example_count : examples.hasNextPage ? null : rows.length}
          stale={examples.isPlaceholderData}
          onOpen={setOpened}
          onNearEnd={() => {
            if (examples.hasNextPage && !examples.isFetching && !examples.isFetchNextPageError) void examples.fetchNextPage();
          }}
        />
      )}
      {opened && <ExampleSheet example={opened} onClose={() => setOpened(null)} />}
      {deleting && <DeleteDataset dataset={dataset} onClose={() => setDeleting(false)} />}
    </Page>
  );
}

function Nothing({ narrowed }: { narrowed: boolean }) {
  if (narrowed) return <EmptyState title="No example fits">Choose another version or split.</EmptyState>;
  return (
    <EmptyState title="There is no example yet">
      <p>In Explore, select spans or traces and send them here, or upload a file with the client.</p>
    </EmptyState>
  );
}

/** Which version it is, when it was made, and what it changed. */
function inWords({ created_at, created_examples, updated_examples, deleted_examples, description }: DatasetVersion, number: number): string {
  const changes = [created_examples > 0 && `+${created_examples}`, updated_examples > 0 && `~${updated_examples}`, deleted_examples > 0 && `−${deleted_examples}`].filter(Boolean).join(" ");
  return [`${number}`, formatTime(created_at, new Date()), changes, description].filter(Boolean).join(" · ");
}
