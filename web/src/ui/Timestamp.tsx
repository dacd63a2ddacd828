import { useState } from "react";

import { formatTime } from "./time";

/** A moment, short; the whole of it when pointed at. */
export function Timestamp({ iso }: { iso: string }) {
  const [now] = useState(() => new Date());
  return (
    <time dateTime={iso} title={new Date(iso).toLocaleString()}>
      {formatTime(iso, now)}
    </time>
  );
}
