import { useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";

import { spanQuery } from "../../api/span";
import type { Step, Trace } from "../../api/trace";
import { useKeys } from "../../keys/useKeys";
import { Button } from "../../ui/Button";
import { controlLook } from "../../ui/Field";
import { KeyHint } from "../../ui/KeyHint";
import { counted, formatCount } from "../../ui/number";
import { extentOf, rowsOf, type Tree, wayTo } from "./steps";
import styles from "./StepsPane.module.css";
import { StepTree } from "./StepTree";
import { useView } from "./view";

/** The steps of the trace with a search over them; keys move through them wherever the focus is. */
export function StepsPane({ trace: { steps, steps_complete }, tree, selected, onChosen }: { trace: Trace; tree: Tree; selected: string | null; onChosen: () => void }) {
  const { query, stepsHidden, change } = useView();
  const queries = useQueryClient();
  const extent = useMemo(() => extentOf(steps), [steps]);
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const searched = useDeferredValue(query);
  const folds = shownFolds(folded, selected === null ? [] : wayTo(selected, tree).slice(1));
  const rows = useMemo(() => rowsOf(tree, folds, searched), [tree, folds, searched]);
  const place = rows.findIndex(({ step }) => step.span_id === selected);
  const found = searched === "" ? null : rows.filter((row) => row.found).length;

  const select = (step: Step | undefined) => {
    if (!step) return;
    change({ span: step.span_id });
    onChosen();
  };
  const fold = (step: Step, wanted: boolean) => {
    setFolded((before) => {
      const after = new Set(before);
      if (wanted) after.add(step.span_id);
      else after.delete(step.span_id);
      return after;
    });
    if (wanted && selected !== null && selected !== step.span_id && wayTo(selected, tree).includes(step.span_id)) select(step);
  };
  const moves = {
    down: () => {
      select(rows[place + 1]?.step);
      const after = rows[place + 2]?.step; // so that reading on does not wait
      if (after) void queries.prefetchQuery(spanQuery(after.span_id));
    },
    up: () => select(rows[Math.max(place - 1, 0)]?.step),
    first: () => select(rows[0]?.step),
    last: () => select(rows.at(-1)?.step),
    in: () => {
      const row = rows[place];
      if (!row?.hasChildren) return;
      if (row.open) select(rows[place + 1]?.step);
      else fold(row.step, false);
    },
    out: () => {
      const row = rows[place];
      if (row?.open) fold(row.step, true);
      else if (row?.step.parent_id) select(tree.steps.get(row.step.parent_id));
    },
  };
  useKeys("trace", { down: moves.down, up: moves.up, fold: moves.out, unfold: moves.in, steps: () => change({ stepsHidden: !stepsHidden }) });

  if (stepsHidden) {
    return (
      <div>
        <Button onClick={() => change({ stepsHidden: false })}>
          Show steps <KeyHint keys="[" />
        </Button>
      </div>
    );
  }
  return (
    <section aria-labelledby="steps-title" className={styles.pane}>
      <header className={styles.head}>
        <h2 id="steps-title" className={styles.title}>
          {counted(steps.length, "step")}
        </h2>
        <Button look="quiet" onClick={() => change({ stepsHidden: true })}>
          Hide <KeyHint keys="[" />
        </Button>
      </header>
      <input
        type="search"
        className={controlLook}
        aria-label="Search in steps"
        placeholder="Name, kind or error"
        value={query}
        onChange={({ target }) => change({ query: target.value })}
        onKeyDown={({ key }) => {
          if (key === "Enter") select(rows.find((row) => row.found)?.step);
        }}
      />
      <p role="status" className={found === null && steps_complete ? "spoken" : styles.note}>
        {found !== null && `${formatCount(found)} found`}
        {!steps_complete && ` Only the first ${formatCount(steps.length)} steps are shown.`}
      </p>
      <StepTree rows={rows} extent={extent} selected={selected} onSelect={select} onFold={fold} onMove={(to) => moves[to]()} />
    </section>
  );
}

/** What is folded, but for what lies above the chosen step: a link to a step shows it. */
function shownFolds(folded: ReadonlySet<string>, above: readonly string[]): ReadonlySet<string> {
  return above.some((id) => folded.has(id)) ? new Set([...folded].filter((id) => !above.includes(id))) : folded;
}
