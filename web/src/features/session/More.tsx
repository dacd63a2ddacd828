import { useEffect, useEffectEvent, useRef } from "react";

import { Button } from "../../ui/Button";
import { formatCount } from "../../ui/number";
import styles from "./SessionPage.module.css";

/** So far below the window the next turns are asked for, so that who reads on does not wait. */
const AHEAD = "2000px";

/** The end of what is read of a conversation so far: it goes on by itself when it comes near, or when it is asked to. */
export function More({ shown, all, onMore }: { shown: number; all: number; onMore: () => void }) {
  const place = useRef<HTMLParagraphElement>(null);
  const near = useEffectEvent(onMore);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && near(), { rootMargin: AHEAD });
    if (place.current) observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  return (
    <p ref={place} className={styles.note}>
      {formatCount(shown)} of {formatCount(all)} turns are here. <Button onClick={onMore}>Read on</Button>
    </p>
  );
}
