import { Page } from "../../ui/Page";

export function RubricsPage() {
  return <Page title="Rubrics">{null}</Page>;
}
