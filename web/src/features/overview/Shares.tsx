import { useQuery } from "@tanstack/react-query";

import { type AnnotationSummary, type Range, sharesQuery } from "../../api/insight";
import { type Rubric, standingOf } from "../../domain/rubric";
import { paths } from "../../paths";
import { navigate, useSearchParams } from "../../router/location";
import { ShareBars } from "../../ui/chart/Bars";
import { Figure, NoFigure } from "../../ui/chart/Figure";
import { ErrorState } from "../../ui/ErrorState";
import { Select } from "../../ui/Select";
import { annotationsOf, levelOf, quoted } from "./targets";

/** What a version of an application is usually told by. */
const BYS = [
  ["metadata.version", "version (metadata.version)"],
  ["llm.model_name", "model (llm.model_name)"],
  ["llm.prompt_template.version", "prompt version"],
  ["name", "name of the span"],
] as const;

type By = (typeof BYS)[number][0];

/** Which version broke it: how labels are divided, for each version, model or prompt. */
export function Shares({ address, summary, rubric, range }: { address: string; summary: AnnotationSummary; rubric: Rubric | undefined; range: Range }) {
  const [search, setSearch] = useSearchParams();
  const by: By = BYS.find(([key]) => key === search.get("by"))?.[0] ?? "metadata.version";
  const shares = useQuery(sharesQuery(address, summary.name, summary.target_kind, by, range));
  const question = `Which version changed ${summary.name}?`;
  const controls = (
    <Select
      label="By"
      value={by}
      options={BYS}
      onChange={(value) => {
        const next = new URLSearchParams(search);
        next.set("by", value);
        setSearch(next, { replace: true });
      }}
    />
  );
  if (shares.isLoadingError) {
    return (
      <Figure question={question} controls={controls}>
        <ErrorState message={shares.error.message} onRetry={() => void shares.refetch()} />
      </Figure>
    );
  }
  const groups = shares.data?.groups.filter(({ labels }) => labels.length > 0) ?? [];
  const order = rubric?.type === "CATEGORICAL" ? rubric.values.map(({ label }) => label) : [];
  const bars = groups.map(({ group, n, labels }) => ({
    name: group ?? "(none)",
    n,
    segments: labels
      .toSorted((one, other) => placeOf(order, one.label) - placeOf(order, other.label))
      .map(({ label, fraction, low, high }) => ({
        label,
        fraction,
        standing: standingOf(rubric, label),
        says: `${percent(fraction)} (${percent(low)}–${percent(high)})`,
        href: paths.explore(address, {
          level: levelOf(summary.target_kind),
          f: `${annotationsOf(summary.target_kind)}[${quoted(summary.name)}].label == ${quoted(label)} and ${by} ${group === null ? "is None" : `== ${quoted(group)}`}`,
          from: range.start_time,
          to: range.end_time,
        }),
      })),
  }));
  return (
    <Figure question={question} controls={controls} table={bars.length > 0 && <SharesTable bars={bars} />}>
      {shares.data &&
        (bars.length === 0 ? (
          <NoFigure>Nobody gave labels under {summary.name} in this time.</NoFigure>
        ) : (
          <ShareBars bars={bars} onOpen={(href) => navigate(href)} />
        ))}
    </Figure>
  );
}

function SharesTable({ bars }: { bars: Parameters<typeof ShareBars>[0]["bars"] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col">Targets</th>
          <th scope="col">Label</th>
          <th scope="col">Share (95 % interval)</th>
        </tr>
      </thead>
      <tbody>
        {bars.flatMap(({ name, n, segments }) =>
          segments.map(({ label, says }) => (
            <tr key={`${name} ${label}`}>
              <th scope="row">{name}</th>
              <td>{n}</td>
              <td>{label}</td>
              <td>{says}</td>
            </tr>
          )),
        )}
      </tbody>
    </table>
  );
}

function placeOf(order: string[], label: string): number {
  const place = order.indexOf(label);
  return place === -1 ? order.length : place;
}

function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}
