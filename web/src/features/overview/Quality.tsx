import { useQuery } from "@tanstack/react-query";

import { annotationSeriesQuery, type AnnotationSummary, type Range } from "../../api/insight";
import { rubricsQuery } from "../../api/rubric";
import { paths } from "../../paths";
import { navigate, useSearchParams } from "../../router/location";
import { wordFor } from "../../ui/AuthorChip";
import { Figure, NoFigure } from "../../ui/chart/Figure";
import { LineChart } from "../../ui/chart/LineChart";
import { ErrorState } from "../../ui/ErrorState";
import { Select } from "../../ui/Select";
import { Agreement } from "./Agreement";
import { boundsOf, described, figureOf, linesOf, measureOf, round } from "./quality";
import { Shares } from "./Shares";
import { Spread } from "./Spread";
import { annotationsOf, levelOf, quoted } from "./targets";

/** What one name of annotation says: along time, by version, and where the judge differs from people. */
export function Quality({ address, summaries, range, bucket }: { address: string; summaries: AnnotationSummary[]; range: Range; bucket: number }) {
  const [search, setSearch] = useSearchParams();
  const keys = summaries.map(keyOf);
  const chosen = summaries.find((summary) => keyOf(summary) === search.get("rubric")) ?? mostSaid(summaries);
  const rubrics = useQuery(rubricsQuery());
  if (!chosen) return null;
  const rubric = rubrics.data?.find(({ name }) => name === chosen.name);
  const choice = (
    <Select
      label="Rubric"
      value={keyOf(chosen)}
      options={keys.map((key) => [key, key.replace(":", " · ")])}
      onChange={(key) => {
        const next = new URLSearchParams(search);
        next.set("rubric", key);
        setSearch(next, { replace: true });
      }}
    />
  );
  return (
    <>
      <OverTime address={address} summary={chosen} rubric={rubric} range={range} bucket={bucket} controls={choice} />
      <Agreement address={address} summary={chosen} rubric={rubric} range={range} />
      {chosen.mean_score !== null && chosen.label_fractions.length === 0 ? (
        <Spread address={address} summary={chosen} rubric={rubric} range={range} />
      ) : (
        <Shares address={address} summary={chosen} rubric={rubric} range={range} />
      )}
    </>
  );
}

type Part = { address: string; summary: AnnotationSummary; rubric: Parameters<typeof measureOf>[1]; range: Range };

function OverTime({ address, summary, rubric, range, bucket, controls }: Part & { bucket: number; controls: React.ReactNode }) {
  const series = useQuery(annotationSeriesQuery(address, summary.name, summary.target_kind, range, bucket));
  const measure = measureOf(summary, rubric);
  if (measure === null) return null;
  const question = `Is ${summary.name} getting better, and do judges and people tell the same story?`;
  const what = measure.kind === "score" ? "Mean score" : `Share of “${measure.label}”`;
  const open = (at: number) => {
    const start = at - (bucket * 1000) / 2;
    navigate(
      paths.explore(address, {
        level: levelOf(summary.target_kind),
        f: `${annotationsOf(summary.target_kind)}[${quoted(summary.name)}].annotator_kind is not None`,
        from: new Date(start).toISOString(),
        to: new Date(start + bucket * 1000).toISOString(),
      }),
    );
  };
  if (series.isLoadingError) {
    return (
      <Figure question={question} controls={controls}>
        <ErrorState message={series.error.message} onRetry={() => void series.refetch()} />
      </Figure>
    );
  }
  const lines = series.data ? linesOf(series.data.data, measure) : [];
  const totals = summary.by_annotator_kind.flatMap((statistics) => {
    const figure = figureOf(statistics, measure);
    return figure ? [`${wordFor(statistics.annotator_kind)} ${described(figure)}`] : [];
  });
  return (
    <Figure question={question} controls={controls} note={`${what}, with the 95 % interval while n < 200. In all: ${totals.join("; ")}.`} table={<OverTimeTable lines={lines} what={what} />}>
      {series.data && lines.length === 0 ? (
        <NoFigure>Nobody annotated {summary.name} in this time.</NoFigure>
      ) : (
        <LineChart
          lines={lines}
          from={Date.parse(range.start_time)}
          to={Date.parse(range.end_time)}
          step={bucket * 1000}
          format={round}
          bounds={boundsOf(measure, rubric)}
          label={`${what} of ${summary.name} along time: ${totals.join("; ")}`}
          onOpen={open}
        />
      )}
    </Figure>
  );
}

function OverTimeTable({ lines, what }: { lines: ReturnType<typeof linesOf>; what: string }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">By</th>
          <th scope="col">{what}</th>
        </tr>
      </thead>
      <tbody>
        {lines.flatMap(({ name, points }) =>
          points.map(({ at, says }) => (
            <tr key={`${name} ${at}`}>
              <td>{name}</td>
              <td>{says}</td>
            </tr>
          )),
        )}
      </tbody>
    </table>
  );
}

function keyOf({ name, target_kind }: AnnotationSummary): string {
  return `${name}:${target_kind}`;
}

function mostSaid(summaries: AnnotationSummary[]): AnnotationSummary | undefined {
  return summaries.toSorted((one, other) => other.count - one.count)[0];
}
