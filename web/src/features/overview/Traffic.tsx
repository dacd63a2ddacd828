import { useQuery } from "@tanstack/react-query";

import { type Range, type SpanSeries, spanSeriesQuery } from "../../api/insight";
import { paths } from "../../paths";
import { navigate } from "../../router/location";
import { Figure, NoFigure } from "../../ui/chart/Figure";
import { type Line, LineChart } from "../../ui/chart/LineChart";
import { formatDuration } from "../../ui/duration";
import { ErrorState } from "../../ui/ErrorState";

type Bucket = SpanSeries["points"][number];

/** What is slow, what fails, what it costs. */
export function Traffic({ address, range, bucket }: { address: string; range: Range; bucket: number }) {
  const series = useQuery(spanSeriesQuery(address, range, bucket));
  if (series.isLoadingError) return <ErrorState message={series.error.message} onRetry={() => void series.refetch()} />;
  const points = series.data?.data.points ?? [];
  const open = (at: number, line: string) => {
    const start = at - (bucket * 1000) / 2;
    navigate(
      paths.explore(address, {
        level: "span",
        f: line === "errors" ? "status_code == 'ERROR'" : null,
        from: new Date(start).toISOString(),
        to: new Date(start + bucket * 1000).toISOString(),
      }),
    );
  };
  const chart = { from: Date.parse(range.start_time), to: Date.parse(range.end_time), step: bucket * 1000, onOpen: open };
  const total = (figure: (point: Bucket) => number) => points.reduce((sum, point) => sum + figure(point), 0);
  const line = (name: string, stroke: Line["stroke"], figure: (point: Bucket) => number, format: (value: number) => string): Line => ({
    name,
    stroke,
    points: points.map((point) => ({
      at: Date.parse(point.start_time) + (bucket * 1000) / 2,
      value: figure(point),
      says: `${new Date(point.start_time).toLocaleString()}: ${name} ${format(figure(point))}`,
    })),
  });
  const spans = total(({ count }) => count);
  const errors = total(({ error_count }) => error_count);
  const table = points.length > 0 && <TrafficTable points={points} />;
  const nothing = series.data && points.length === 0 && <NoFigure>No span started in this time.</NoFigure>;
  return (
    <>
      <Figure
        question="How much runs, and how much of it fails?"
        note={`${counted(spans)} spans, ${counted(errors)} of them failed${spans > 0 ? ` (${percent(errors / spans)})` : ""}.`}
        table={table}
      >
        {nothing || (
          <LineChart
            {...chart}
            label={`${counted(spans)} spans and ${counted(errors)} errors along time`}
            format={counted}
            lines={[line("spans", "solid", ({ count }) => count, counted), line("errors", "dashed", ({ error_count }) => error_count, counted)]}
          />
        )}
      </Figure>
      <Figure question="How long do spans take?" note="Latency: the median, and what 99 of 100 spans stay below." table={table}>
        {nothing || (
          <LineChart
            {...chart}
            label="Latency of spans along time"
            format={milliseconds}
            lines={[line("median", "solid", ({ latency_ms_p50 }) => latency_ms_p50, milliseconds), line("99 %", "dashed", ({ latency_ms_p99 }) => latency_ms_p99, milliseconds)]}
          />
        )}
      </Figure>
      <Figure
        question="What does it use?"
        note={`${counted(total(({ tokens_total }) => tokens_total))} tokens, ${dollars(total(({ cost_usd }) => cost_usd))}.`}
        table={table}
      >
        {nothing || (
          <LineChart
            {...chart}
            label="Tokens along time"
            format={counted}
            lines={[
              line("prompt", "solid", ({ tokens_prompt }) => tokens_prompt, counted),
              line("answer", "dashed", ({ tokens_completion }) => tokens_completion, counted),
            ]}
          />
        )}
      </Figure>
    </>
  );
}

function TrafficTable({ points }: { points: Bucket[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">Spans</th>
          <th scope="col">Errors</th>
          <th scope="col">Median</th>
          <th scope="col">99 %</th>
          <th scope="col">Tokens</th>
          <th scope="col">Cost</th>
        </tr>
      </thead>
      <tbody>
        {points.map((point) => (
          <tr key={point.start_time}>
            <th scope="row">{new Date(point.start_time).toLocaleString()}</th>
            <td>{counted(point.count)}</td>
            <td>{counted(point.error_count)}</td>
            <td>{milliseconds(point.latency_ms_p50)}</td>
            <td>{milliseconds(point.latency_ms_p99)}</td>
            <td>{counted(point.tokens_total)}</td>
            <td>{dollars(point.cost_usd)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const SHORT = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });

function counted(value: number): string {
  return value < 10_000 ? value.toLocaleString() : SHORT.format(value);
}

function milliseconds(value: number): string {
  return formatDuration(value * 1000);
}

function dollars(value: number): string {
  return `$${value.toLocaleString(undefined, { maximumFractionDigits: value < 1 ? 4 : 2 })}`;
}

function percent(value: number): string {
  return `${(value * 100).toLocaleString(undefined, { maximumFractionDigits: 1 })} %`;
}
