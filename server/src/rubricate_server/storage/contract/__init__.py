"""What every storage engine promises, in the order in which a span lives: written, annotated, read, deleted.

All methods block and are called off the event loop. Words used below:

* **durable**: when the method returns, the change survives `kill -9` and a power cut of an honest disk.
* **idempotent**: calling again with the same arguments leaves the same state.
* Reads see every change that was durable when they began. An empty answer is an empty list, never an error,
  unless the method says `NotFound`.
* Arguments are trusted: bytes are bytes, limits are positive. The layers above have checked them.

`tests/storage/contract/` holds the battery that each engine must pass.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from rubricate_server.storage.contract.account import (
    AccountStore,
    Credential,
    NewApiKey,
    NewUser,
    StoredApiKey,
    StoredUser,
    UserUpdate,
)
from rubricate_server.storage.contract.annotation import (
    NO_ANNOTATIONS,
    AnnotationChange,
    AnnotationKey,
    AnnotationQuery,
    AnnotationStore,
    AnnotationUpdate,
    KeptAnnotation,
    NewAnnotation,
    Removed,
    Restored,
    SpanAnnotationRow,
    StoredAnnotation,
    TargetShown,
)
from rubricate_server.storage.contract.dataset import (
    DatasetStore,
    ExamplesWritten,
    ExampleUpload,
    NewExample,
    StoredDataset,
    StoredDatasetVersion,
    StoredExample,
)
from rubricate_server.storage.contract.dataset_label import LabelFields, LabelStore, StoredLabel
from rubricate_server.storage.contract.dataset_split import SplitFields, SplitStore, StoredSplit
from rubricate_server.storage.contract.experiment import ExperimentStore, NewExperiment, StoredExperiment, StoredTag
from rubricate_server.storage.contract.experiment_run import (
    EvaluationFields,
    IncompleteEvaluations,
    IncompleteRuns,
    RunFields,
    RunStore,
    RunWritten,
    StoredEvaluationSummary,
    StoredResult,
    StoredRun,
)
from rubricate_server.storage.contract.explore import (
    Annotators,
    ExploreStore,
    FoundValue,
    FoundValues,
    LabelPairs,
    MatrixQuery,
    ShareQuery,
    StoredShare,
)
from rubricate_server.storage.contract.export import ExportedItem, ExportQuery, ExportStore, TargetPreview
from rubricate_server.storage.contract.insight import (
    EXACT_SERIES_SPANS,
    DisagreementMark,
    DisagreementQuery,
    InsightStore,
    SpanBucket,
    StoredDisagreement,
    StoredDistribution,
    StoredSummary,
    SummaryQuery,
)
from rubricate_server.storage.contract.item import (
    ItemCount,
    ItemMark,
    ItemQuery,
    ItemStore,
    ProjectFigures,
    Said,
    SaidBy,
    StoredItem,
    StoredStep,
)
from rubricate_server.storage.contract.maintenance import Maintenance
from rubricate_server.storage.contract.project import ProjectStore, StoredProject
from rubricate_server.storage.contract.prompt import (
    NewPromptTag,
    PromptStore,
    PromptUpdate,
    StoredPrompt,
    StoredPromptTag,
    StoredPromptVersion,
)
from rubricate_server.storage.contract.retention import RetentionRule, RetentionStore, StoredRetention
from rubricate_server.storage.contract.rubric import RubricStore, StoredRubricUse, StoredRubricVersion
from rubricate_server.storage.contract.session import SessionQuery, SessionStore, StoredSession
from rubricate_server.storage.contract.span import (
    ALL_PARTS,
    PREVIEW,
    SMALL_ATTRIBUTE,
    NewSpan,
    SpanBody,
    SpanMark,
    SpanOrder,
    SpanQuery,
    SpanStore,
    StoredSpan,
)
from rubricate_server.storage.contract.status import DeadLetter, StatusStore, StoredDeadLetter, StoreStats
from rubricate_server.storage.contract.trace import StoredTrace, TraceMark, TraceQuery, TraceStore

__all__ = [
    "ALL_PARTS",
    "EXACT_SERIES_SPANS",
    "NO_ANNOTATIONS",
    "PREVIEW",
    "SMALL_ATTRIBUTE",
    "AccountStore",
    "AnnotationChange",
    "AnnotationKey",
    "AnnotationQuery",
    "AnnotationStore",
    "AnnotationUpdate",
    "Annotators",
    "Credential",
    "DatasetStore",
    "DeadLetter",
    "DisagreementMark",
    "DisagreementQuery",
    "EvaluationFields",
    "ExampleUpload",
    "ExamplesWritten",
    "ExperimentStore",
    "ExploreStore",
    "ExportQuery",
    "ExportStore",
    "ExportedItem",
    "FoundValue",
    "FoundValues",
    "IncompleteEvaluations",
    "IncompleteRuns",
    "InsightStore",
    "ItemCount",
    "ItemMark",
    "ItemQuery",
    "ItemStore",
    "KeptAnnotation",
    "LabelFields",
    "LabelPairs",
    "LabelStore",
    "Maintenance",
    "MatrixQuery",
    "NewAnnotation",
    "NewApiKey",
    "NewExample",
    "NewExperiment",
    "NewPromptTag",
    "NewSpan",
    "NewUser",
    "ProjectFigures",
    "ProjectStore",
    "PromptStore",
    "PromptUpdate",
    "Removed",
    "Restored",
    "RetentionRule",
    "RetentionStore",
    "RubricStore",
    "RunFields",
    "RunStore",
    "RunWritten",
    "Said",
    "SaidBy",
    "SessionQuery",
    "SessionStore",
    "ShareQuery",
    "SpanAnnotationRow",
    "SpanBody",
    "SpanBucket",
    "SpanMark",
    "SpanOrder",
    "SpanQuery",
    "SpanStore",
    "SplitFields",
    "SplitStore",
    "StatusStore",
    "Storage",
    "StoreStats",
    "StoredAnnotation",
    "StoredApiKey",
    "StoredDataset",
    "StoredDatasetVersion",
    "StoredDeadLetter",
    "StoredDisagreement",
    "StoredDistribution",
    "StoredEvaluationSummary",
    "StoredExample",
    "StoredExperiment",
    "StoredItem",
    "StoredLabel",
    "StoredProject",
    "StoredPrompt",
    "StoredPromptTag",
    "StoredPromptVersion",
    "StoredResult",
    "StoredRetention",
    "StoredRubricUse",
    "StoredRubricVersion",
    "StoredRun",
    "StoredSession",
    "StoredShare",
    "StoredSpan",
    "StoredSplit",
    "StoredStep",
    "StoredSummary",
    "StoredTag",
    "StoredTrace",
    "StoredUser",
    "SummaryQuery",
    "TargetPreview",
    "TargetShown",
    "TraceMark",
    "TraceQuery",
    "TraceStore",
    "UserUpdate",
]


@dataclass(frozen=True, slots=True)
class Storage:
    """An open store."""

    spans: SpanStore
    traces: TraceStore
    sessions: SessionStore
    items: ItemStore
    retention: RetentionStore
    annotations: AnnotationStore
    projects: ProjectStore
    rubrics: RubricStore
    prompts: PromptStore
    datasets: DatasetStore
    splits: SplitStore
    labels: LabelStore
    experiments: ExperimentStore
    runs: RunStore
    accounts: AccountStore
    insight: InsightStore
    explore: ExploreStore
    export: ExportStore
    status: StatusStore
    maintenance: Maintenance
    close: Callable[[], None] = field(repr=False)
    """Writes what is waiting, then closes; no call may follow."""
    healthy: Callable[[], None] = field(repr=False)
    """Raises when writing or reading does not work. It writes: what it wrote is durable, and changes nothing."""
