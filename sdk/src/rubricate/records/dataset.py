"""A dataset: examples of what goes in and what should come out, in versions of which each stays as it was."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from rubricate.records.base import Input, JsonObject, Metadata, NonBlank, Record, StrictInput

UploadAction = Literal["create", "append", "update"]
"""create: a new dataset. append: add what is not there yet. update: make the examples exactly these."""

MOST_PREVIEWED = 20
"""Examples that one preview shows."""


class Dataset(Record):
    """A dataset in its newest version."""

    id: str
    name: str
    description: str | None
    metadata: JsonObject
    created_at: datetime
    updated_at: datetime
    """When the newest version was made, or the dataset was renamed or described."""
    example_count: int
    version_count: int
    """Ours; Phoenix does not tell."""


class DatasetCreate(Input):
    """A dataset to make, without examples."""

    name: NonBlank
    description: str | None = None
    metadata: Metadata = Field(default_factory=dict)


class DatasetPatch(StrictInput):
    """New values for some fields of a dataset. What is not given stays."""

    name: NonBlank | None = None
    description: str | None = None
    """null takes it away."""
    metadata: Metadata | None = None


class DatasetVersion(Record):
    """A version of a dataset: which examples there were, and what each said."""

    version_id: str
    description: str | None
    metadata: JsonObject
    created_at: datetime
    created_examples: int
    """Examples that came with it. Ours, as the next two; Phoenix does not tell."""
    updated_examples: int
    deleted_examples: int


class DatasetExampleSource(Record):
    """The span that an example was made from."""

    span_id: str
    """Its OpenTelemetry id, in hex."""
    span_node_id: str | None
    """None when the span is not stored: it was deleted, or has not arrived."""


class DatasetExample(Record):
    """An example as it was in a version."""

    id: str
    """What the uploader calls it, else the same as `node_id`."""
    node_id: str
    input: JsonObject
    output: JsonObject
    """What should come out."""
    metadata: JsonObject
    updated_at: datetime
    source: DatasetExampleSource | None
    splits: list[str]
    """Names of the splits that it is in now: splits have no versions. Ours; Phoenix does not tell."""


class DatasetExamples(Record):
    """The examples of one version."""

    dataset_id: str
    version_id: str
    filtered_splits: list[str]
    """The splits that were asked for; empty: all examples."""
    examples: list[DatasetExample]


class DatasetExamplesPage(Record):
    """The examples of one version, or with a limit a page of them."""

    data: DatasetExamples
    next_cursor: str | None = None


class DatasetUploaded(Record):
    """What an upload changed."""

    dataset_id: str
    version_id: str
    """The newest version now; the one before when nothing changed."""
    num_created_examples: int
    num_updated_examples: int
    num_deleted_examples: int


class DatasetExampleChange(StrictInput):
    """New values for some fields of an example. What is not given stays."""

    id: NonBlank
    """What the uploader calls it, or its `node_id`."""
    input: Metadata | None = None
    output: Metadata | None = None
    metadata: Metadata | None = None


class DatasetExampleChanges(StrictInput):
    """Changes of examples that make one new version together."""

    update: list[DatasetExampleChange] = Field(default_factory=list)
    delete: list[str] = Field(default_factory=list)
    """Ids of examples that the new version does not have; older versions keep them."""
    description: str | None = None
    """Of the new version."""


ExpectedOutput = Literal["correction_or_output", "correction", "output", "none"]
"""What an example made from a span expects.

correction_or_output: the corrected answer when a person gave one, else what the span put out. correction: only spans
with a corrected answer. output: what the span put out. none: nothing, the output is empty.
"""

Fields = dict[str, NonBlank]
"""Fields to write: each name with the attribute of the span that it takes, such as `llm.model_name`."""


class ExampleMapping(StrictInput):
    """How a span becomes an example. Without a word, by its kind: messages of an LLM, documents of a retriever …"""

    input: Annotated[Fields, Field(min_length=1)] | None = None
    """Field of the example's input: attribute of the span. null: by the span's kind."""
    output: Fields | None = None
    """The same for the output, where no corrected answer takes its place."""
    metadata: Fields | None = None
    """The same for the metadata. null: the span's metadata, kind, model, tokens, prompt template."""
    expected_output: ExpectedOutput = "correction_or_output"
    annotations: bool = True
    """Whether the metadata say under `annotations` what was annotated, and by whom."""


class ExamplesFromItems(StrictInput):
    """Spans, traces or sessions to make examples from: some by id, or all of a project that fit.

    A span makes an example, a trace its root span, a session each of its traces.
    """

    project: NonBlank
    """Name or id."""
    target_kind: Literal["span", "trace", "session"] = "span"
    ids: list[str] | None = None
    """Only these, by OpenTelemetry id, session id or global id. null: all that fit the rest."""
    filter: str | None = None
    """A condition of the filter language of this kind."""
    start_time: AwareDatetime | None = None
    """Started at or after."""
    end_time: AwareDatetime | None = None
    """Started before."""
    roots_only: bool = False
    """Of spans: only those without a parent."""
    mapping: ExampleMapping = ExampleMapping()
    splits: list[NonBlank] = Field(default_factory=list)
    """Names of splits that the examples are put into; made where they are not there."""
    description: str | None = None
    """Of the new version."""
    dry_run: bool = False
    """Write nothing, and show the first examples as they would be written."""
    preview: Annotated[int, Field(ge=0, le=MOST_PREVIEWED)] = 3
    """Of a dry run: how many items to show."""

    @model_validator(mode="after")
    def _roots_are_of_spans(self) -> Self:
        if self.roots_only and self.target_kind != "span":
            raise ValueError("roots_only is for target_kind span")
        return self


class DatasetFromItems(ExamplesFromItems):
    """A dataset to make, and what to make its examples from."""

    name: NonBlank


class LeftOut(Record):
    """Items that became no examples, for one reason."""

    reason: str
    count: int
    ids: list[str]
    """The first of them."""


class PreviewedExample(Record):
    """An example as it would be written."""

    span_id: str
    status: Literal["added", "changed", "unchanged"]
    """changed: the dataset has an example of this span, which says something else."""
    corrected: bool
    """Whether the output is what a person gave as the right answer."""
    input: JsonObject
    output: JsonObject
    metadata: JsonObject


class ExamplesFromItemsResult(Record):
    """What became of the items."""

    dataset_id: str | None
    """null: of a dry run about a dataset that is not made yet."""
    version_id: str | None
    """The newest version now; the one before when nothing changed."""
    matched: int
    """Items that fit. Of a dry run, counted up to a limit."""
    matched_exactly: bool
    added: int
    changed: int
    """There was an example of the same span, and it said something else."""
    unchanged: int
    corrected: int
    """Those, of added, changed and unchanged, whose output is what a person gave as the right answer."""
    left_out: list[LeftOut]
    most_examples: int
    """What one request makes at most, by the settings of the server; of more, it makes none."""
    examples: list[PreviewedExample]
    """Of a dry run: the first ones. The counts beside it are then of these items only."""
    attributes: list[str]
    """Of a dry run: what a mapping may take of the first items, at most some hundreds."""
