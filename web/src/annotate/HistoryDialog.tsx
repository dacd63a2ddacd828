import { useQuery } from "@tanstack/react-query";

import { annotationHistoryQuery } from "../api/annotation";
import type { Annotation } from "../domain/annotation";
import { AnnotationHistory } from "../ui/AnnotationHistory";
import { Dialog } from "../ui/Dialog";
import { ErrorState } from "../ui/ErrorState";
import { Skeleton } from "../ui/Skeleton";

/** What became of one annotation, in a sheet. */
export function HistoryDialog({ annotation, onClose }: { annotation: Annotation; onClose: () => void }) {
  const history = useQuery({ ...annotationHistoryQuery(annotation.id), staleTime: 0 });
  return (
    <Dialog title={`History of ${annotation.name}`} place="side" onClose={onClose}>
      {history.isPending && <Skeleton rows={3} />}
      {history.isLoadingError && <ErrorState message={history.error.message} onRetry={() => void history.refetch()} />}
      {history.data && <AnnotationHistory changes={history.data} />}
    </Dialog>
  );
}
