import { useEffect, useState } from "react";

import { serverAnswers } from "../api/client";
import { paths } from "../paths";
import { Link } from "../router/Link";
import { ErrorState } from "../ui/ErrorState";
import { Page } from "../ui/Page";

const LOOKS_EVERY_MS = 2000;

/** Browsers say this in words that are no use to anybody, each in its own. */
const UNLOADED = "A part of this page could not be loaded: the server does not answer, or it is newer than this page.";
const AWAY = "A part of this page could not be loaded: the server does not answer. The page goes on by itself once it does.";

/** A page that broke: what happened, and the way on. One that did not come is asked for again when the server is back. */
export function Trouble({ error }: { error: Error }) {
  const isUnloaded = /dynamically imported module|importing a module script/i.test(error.message);
  const [isAway, setAway] = useState(false);
  useEffect(() => {
    if (!isUnloaded) return undefined;
    let wasAway = false;
    let left = false;
    const look = async () => {
      const answers = await serverAnswers();
      if (left) return;
      if (answers && wasAway) location.reload();
      wasAway = !answers;
      setAway(wasAway);
    };
    void look();
    const timer = setInterval(() => void look(), LOOKS_EVERY_MS);
    return () => {
      left = true;
      clearInterval(timer);
    };
  }, [isUnloaded]);
  return (
    <Page title={isUnloaded ? "This page did not come" : "This page broke"}>
      <ErrorState message={isAway ? AWAY : isUnloaded ? UNLOADED : error.message} onRetry={() => void reloadIfAnswered()}>
        <Link to={paths.projects()}>All projects</Link>
      </ErrorState>
    </Page>
  );
}

/** What the browser shows when there is no server says less than this page. */
async function reloadIfAnswered(): Promise<void> {
  if (await serverAnswers()) location.reload();
}

/** The same where there is nothing around it. */
export function TroubleAlone({ error }: { error: Error }) {
  return (
    <main>
      <Trouble error={error} />
    </main>
  );
}
