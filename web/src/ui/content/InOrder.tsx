import { createElement, Fragment, type ReactNode } from "react";

/** Things that have no name of their own and never change places: React may tell them apart by their place. */
export function InOrder<T>({ of, children }: { of: readonly T[]; children: (one: T, place: number) => ReactNode }) {
  return createElement(Fragment, null, ...of.map(children));
}
