import { linear, time } from "./scale";
import styles from "./LineChart.module.css";
import { useWidth } from "./useWidth";

/** One figure at one time. `low` and `high` bound where it may lie, cut off at the axis; `says` describes it in words. */
export type Point = { at: number; value: number; low?: number | null; high?: number | null; says: string };

/** A line: told from the others by its stroke, its marks and the word at its end, not by colour alone. */
export type Line = { name: string; stroke: "solid" | "dashed" | "dotted"; points: Point[] };

const HEIGHT = 200;
const LEFT = 44;
const RIGHT = 72;
const TOP = 12;
const BOTTOM = 24;
const DASHES = { solid: undefined, dashed: "6 4", dotted: "2 4" };
const WIDE_GAP = 1.5;

/**
 * Values along time. Lines break where `step` ms have no point. A click on a mark calls `onOpen` with its time; the table
 * beside the chart is for the keyboard.
 */
export function LineChart({
  lines,
  from,
  to,
  step,
  format,
  bounds,
  label,
  onOpen,
}: {
  lines: Line[];
  from: number;
  to: number;
  step: number;
  format: (value: number) => string;
  /** The least and greatest value of the axis, where they are known. */
  bounds?: [number, number] | undefined;
  label: string;
  onOpen?: ((at: number, line: string) => void) | undefined;
}) {
  const [box, width] = useWidth<HTMLDivElement>();
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
  const y = linear(bounds ?? [0, Math.max(...values, 0)], [HEIGHT - BOTTOM, TOP]);
  const x = time([from, to], [LEFT, Math.max(width - RIGHT, LEFT + 1)], Math.max(2, Math.floor(width / 120)));
  const clamp = (value: number) => y.place(Math.min(Math.max(value, y.domain[0]), y.domain[1]));
  const ends = apart(lines.map(({ points }) => (points.length > 0 ? y.place(points.at(-1)?.value ?? 0) : null)));
  return (
    <div ref={box} className={styles.box}>
      {width > 0 && (
        <svg width={width} height={HEIGHT} role="img" aria-label={label}>
          {y.ticks.map((tick) => (
            <g key={tick}>
              <line x1={LEFT} x2={width - RIGHT} y1={y.place(tick)} y2={y.place(tick)} className={styles.grid} />
              <text x={LEFT - 8} y={y.place(tick)} className={styles.left}>
                {format(tick)}
              </text>
            </g>
          ))}
          {x.ticks.map((tick) => (
            <text key={tick} x={x.place(tick)} y={HEIGHT - 6} className={styles.below}>
              {tickText(tick, to - from)}
            </text>
          ))}
          {lines.map(({ name, stroke, points }, index) => (
            <g key={name} className={styles[`line${index}`]}>
              {runs(points, step).map((run) => (
                <g key={run[0]?.at}>
                  <path d={band(run, x.place, clamp)} className={styles.band} />
                  <path d={run.map(({ at, value }, order) => `${order === 0 ? "M" : "L"}${x.place(at)} ${clamp(value)}`).join("")} className={styles.path} strokeDasharray={DASHES[stroke]} />
                </g>
              ))}
              {points.map((point) => (
                // The table beside the chart has the same links for the keyboard.
                // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
                <g key={point.at} onClick={onOpen && (() => onOpen(point.at, name))} className={onOpen ? styles.opens : undefined}>
                  <circle cx={x.place(point.at)} cy={clamp(point.value)} r={12} className={styles.target} />
                  <Mark stroke={stroke} x={x.place(point.at)} y={clamp(point.value)} />
                  <title>{point.says}</title>
                </g>
              ))}
              {typeof ends[index] === "number" && (
                <g>
                  <Mark stroke={stroke} x={width - RIGHT + 12} y={ends[index]} />
                  <text x={width - RIGHT + 22} y={ends[index]} className={styles.end}>
                    {name}
                  </text>
                </g>
              )}
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}

function Mark({ stroke, x, y }: { stroke: Line["stroke"]; x: number; y: number }) {
  if (stroke === "solid") return <circle cx={x} cy={y} r={3.5} className={styles.mark} />;
  if (stroke === "dashed") return <path d={`M${x} ${y - 5}L${x + 5} ${y}L${x} ${y + 5}L${x - 5} ${y}Z`} className={styles.mark} />;
  return <rect x={x - 3} y={y - 3} width={6} height={6} className={styles.mark} />;
}

/** Points without a gap between them. */
export function runs(points: Point[], step: number): Point[][] {
  const found: Point[][] = [];
  for (const point of points) {
    const last = found.at(-1)?.at(-1);
    if (last && point.at - last.at <= step * WIDE_GAP) found.at(-1)?.push(point);
    else found.push([point]);
  }
  return found;
}

/** Words at the ends of lines, moved down until they do not cover each other. */
export function apart(places: (number | null)[], least = 14): (number | null)[] {
  const moved = [...places];
  const order = moved
    .map((place, index) => ({ place, index }))
    .filter((one): one is { place: number; index: number } => one.place !== null)
    .toSorted((one, other) => one.place - other.place);
  let above = -Infinity;
  for (const { place, index } of order) {
    above = Math.max(place, above + least);
    moved[index] = above;
  }
  return moved;
}

function band(points: Point[], x: (at: number) => number, y: (value: number) => number): string {
  const bounded = points.filter(({ low, high }) => typeof low === "number" && typeof high === "number");
  if (bounded.length < 2) return bounded.map(({ at, low, high }) => `M${x(at) - 2} ${y(high ?? 0)}h4V${y(low ?? 0)}h-4Z`).join("");
  const upper = bounded.map(({ at, high }) => `${x(at)} ${y(high ?? 0)}`);
  const lower = bounded.map(({ at, low }) => `${x(at)} ${y(low ?? 0)}`).toReversed();
  return `M${[...upper, ...lower].join("L")}Z`;
}

const HOUR_SHOWN_BELOW_MS = 3 * 86_400_000;

function tickText(at: number, span: number): string {
  const date = new Date(at);
  return span < HOUR_SHOWN_BELOW_MS
    ? date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString(undefined, { month: "short", day: "numeric" });
}
