import { useQueries, useQuery } from "@tanstack/react-query";

import { filterHintsQuery } from "../../api/filter";
import { type ItemFilter, itemCountQuery } from "../../api/item";
import { clausesOf, withoutClause } from "../../domain/filter";
import { Button } from "../../ui/Button";
import { EmptyState } from "../../ui/EmptyState";
import styles from "./NoMatch.module.css";
import { counted, type Level, noun } from "./view";

type Way = { text: string; filter: ItemFilter; drop: () => void };

/** Nothing matches: what the filter names that nothing has, and how much would match without each of its conditions, the one that takes away most first. */
export function NoMatch({ project, level, filter, onFilter, onAnyTime }: { project: string; level: Level; filter: ItemFilter; onFilter: (filter: string) => void; onAnyTime: () => void }) {
  const clauses = clausesOf(filter.filter);
  const ways: Way[] = clauses.map(({ text }) => {
    const rest = withoutClause(filter.filter, text);
    return { text, filter: { ...filter, filter: rest }, drop: () => onFilter(rest) };
  });
  if (filter.start_time !== null || filter.end_time !== null) ways.push({ text: "the time", filter: { ...filter, start_time: null, end_time: null }, drop: onAnyTime });
  const hints = useQuery({ ...filterHintsQuery(project, level, filter.filter), enabled: clauses.length > 0 });
  const counts = useQueries({ queries: ways.map((way) => itemCountQuery(project, way.filter)) });
  const found = ways.map((way, index) => ({ ...way, count: counts[index]?.data })).toSorted((a, b) => (b.count?.count ?? -1) - (a.count?.count ?? -1));
  const helps = found.some(({ count }) => count && count.count > 0);
  const counting = counts.some(({ isPending }) => isPending);
  return (
    <EmptyState title={`No ${noun(level, 1)} matches`}>
      {hints.data?.map(({ message }) => (
        <p key={message} className={styles.hint}>
          {message}
        </p>
      ))}
      {!counting && !helps && <p>{ways.length > 1 ? `Dropping one condition is not enough: no ${noun(level, 1)} matches without any single one of them.` : `There is no ${noun(level, 1)} even without it.`}</p>}
      <ul className={styles.ways}>
        {found.map(({ text, count, drop }) => (
          <li key={text} className={styles.way}>
            <span className={styles.without}>
              Without {text === "the time" ? text : <code title={text}>{text}</code>}: {count ? counted(level, count.count, count.exact) : "…"}
            </span>
            <Button onClick={drop}>{text === "the time" ? "Show any time" : "Drop it"}</Button>
          </li>
        ))}
      </ul>
    </EmptyState>
  );
}
