import { Page } from "../../ui/Page";

export function TracePage() {
  return <Page title="Trace">{null}</Page>;
}
