import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { type Dataset, datasetsQuery } from "../../api/dataset";
import { useOnTopic } from "../../api/live";
import { readAgain } from "../../api/queryClient";
import { paths } from "../../paths";
import { Link } from "../../router/Link";
import { useParams } from "../../router/params";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorState } from "../../ui/ErrorState";
import { Icon } from "../../ui/Icon";
import { formatCount } from "../../ui/number";
import { Page } from "../../ui/Page";
import { Skeleton } from "../../ui/Skeleton";
import { Timestamp } from "../../ui/Timestamp";
import { DatasetPage } from "./DatasetPage";
import styles from "./DatasetsPage.module.css";
import { NewDataset } from "./NewDataset";

/** `/datasets`: all of them; `/datasets/:dataset`: one of them. */
export function DatasetsPage() {
  const { dataset } = useParams();
  const queries = useQueryClient();
  useOnTopic("datasets", () => void readAgain(queries, ["datasets"]));
  return dataset === undefined ? <List /> : <DatasetPage key={dataset} id={dataset} />;
}

function List() {
  const datasets = useQuery(datasetsQuery());
  const [making, setMaking] = useState(false);
  return (
    <Page title="Datasets" note="Examples of what goes in and what should come out, collected from spans, uploaded, or written by code. Each change makes a version, and versions stay as they were.">
      <p className={styles.toolbar}>
        <Button look="primary" onClick={() => setMaking(true)}>
          <Icon name="plus" /> New dataset
        </Button>
      </p>
      {datasets.isPending && <Skeleton rows={6} />}
      {datasets.isLoadingError && <ErrorState message={datasets.error.message} onRetry={() => void datasets.refetch()} />}
      {datasets.data?.length === 0 && (
        <EmptyState title="There is no dataset yet">
          <p>In Explore, select spans or traces and send them to one. Corrected answers become what is expected.</p>
        </EmptyState>
      )}
      {datasets.data && datasets.data.length > 0 && <Table datasets={datasets.data} />}
      {making && <NewDataset onClose={() => setMaking(false)} />}
    </Page>
  );
}

function Table({ datasets }: { datasets: readonly Dataset[] }) {
  return (
    <table className={styles.table}>
      <caption className="spoken">Datasets, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" className={styles.number}>
            Examples
          </th>
          <th scope="col" className={styles.number}>
            Versions
          </th>
          <th scope="col" className={styles.number}>
            Updated
          </th>
        </tr>
      </thead>
      <tbody>
        {datasets.map(({ id, name, description, example_count, version_count, updated_at }) => (
          <tr key={id}>
            <th scope="row">
              <Link to={paths.datasets(id)} className={styles.name} dir="auto">
                {name}
              </Link>
              {description && (
                <p className={styles.description} dir="auto">
                  {description}
                </p>
              )}
            </th>
            <td data-head="Examples" className={styles.number}>
              {formatCount(example_count)}
            </td>
            <td data-head="Versions" className={styles.number}>
              {formatCount(version_count)}
            </td>
            <td data-head="Updated" className={styles.number}>
              <Timestamp iso={updated_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
