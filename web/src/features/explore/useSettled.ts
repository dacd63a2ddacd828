import { useEffect, useState } from "react";

const REST_MS = 250;

/** The last value that was not null and did not change for a moment: what is typed is asked about when the hand rests. */
export function useSettled<T>(value: T | null, first: T): T {
  const [settled, setSettled] = useState(value ?? first);
  useEffect(() => {
    if (value === null) return undefined;
    const timer = setTimeout(() => setSettled(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
