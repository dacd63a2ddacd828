import { type ReactNode, useState } from "react";

import type { Rubric } from "../../domain/rubric";
import { useKeys } from "../../keys/useKeys";
import { paths } from "../../paths";
import { navigate } from "../../router/location";
import styles from "./Frame.module.css";
import { Header } from "./Header";
import type { Queue } from "./queue";
import type { Session } from "./session";

export type FrameProps = { project: string; queue: Queue; rubrics: readonly Rubric[]; asked: readonly Rubric[]; session: Session | null };

/** What surrounds a review: its header, its keys, and a voice for those who do not see it. There is no other navigation. */
export function Frame({ children, footer, says = "", skipTo = "review", ...header }: FrameProps & { children: ReactNode; footer?: ReactNode; says?: string; skipTo?: "review" | "rubric" }) {
  const [keyList, setKeyList] = useState(false);
  const { project } = header;
  useKeys("everywhere", {
    keyList: () => setKeyList(true),
    goExplore: () => navigate(paths.explore(project)),
    goAnnotations: () => navigate(paths.annotations(project)),
    goDatasets: () => navigate(paths.datasets()),
    goOverview: () => navigate(paths.overview(project)),
  });
  return (
    <div className={styles.screen}>
      <a className={styles.skip} href={`#${skipTo}`}>
        Skip to the {skipTo}
      </a>
      <Header {...header} keyList={keyList} onKeyList={setKeyList} />
      <main id="review" tabIndex={-1} className={styles.main}>{children}</main>
      {footer}
      <div aria-live="polite" className="spoken">
        {says}
      </div>
    </div>
  );
}
