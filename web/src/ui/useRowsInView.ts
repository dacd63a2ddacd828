import { type RefObject, useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";

/** More rows than are in view, above and below, so that a turn of the wheel finds them drawn. */
const AROUND = 8;

/**
 * Which of many rows of one height to draw, in an element that scrolls: from `first` up to, not including, `end`. The
 * rows stand at multiples of their height in something as high as all of them.
 */
export function useRowsInView(scroller: RefObject<HTMLElement | null>, count: number, rowPx: number): { first: number; end: number } {
  const [view, setView] = useState({ first: 0, end: 0 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const look = () => {
      const first = stepped(element.scrollTop / rowPx - AROUND);
      const end = stepped((element.scrollTop + element.clientHeight) / rowPx + AROUND) + STEP;
      setView((before) => (before.first === first && before.end === end ? before : { first, end }));
    };
    const scrolled = () => flushSync(look); // a row that is drawn a frame later is a white gap under a fast hand
    const observer = new ResizeObserver(look);
    look();
    observer.observe(element);
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", scrolled);
    };
  }, [scroller, rowPx]);
  return { first: Math.min(view.first, count), end: Math.min(view.end, count) };
}

/** Scroll no further than it takes to have a row in view. */
export function revealRow(scroller: HTMLElement, row: number, rowPx: number): void {
  const top = row * rowPx;
  const bottom = top + rowPx;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
}

/** Rows come and go by several: fewer drawings while it scrolls. */
const STEP = 4;

function stepped(row: number): number {
  return Math.max(0, Math.floor(row / STEP) * STEP);
}
