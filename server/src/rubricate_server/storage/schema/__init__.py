"""The logical schema, one for all engines.

Times of spans are integers of nanoseconds since 1970 (UTC); times of records that we make ourselves are
microseconds. OpenTelemetry ids are bytes. What only one engine needs (the blocks of SQLite) says so.
`docs/architecture.md` draws it; migrations under `storage/<engine>/migrations` build it.
"""

from rubricate_server.storage.schema.account import api_key, user, user_session
from rubricate_server.storage.schema.annotation import annotation, annotation_event, annotation_start_hour
from rubricate_server.storage.schema.annotation_hour import annotation_hour, annotation_hour_stale
from rubricate_server.storage.schema.annotation_removal import annotation_removal, removed_annotation
from rubricate_server.storage.schema.base import metadata
from rubricate_server.storage.schema.dataset import (
    dataset,
    dataset_example,
    dataset_example_revision,
    dataset_removal,
    dataset_version,
)
from rubricate_server.storage.schema.dataset_label import dataset_dataset_label, dataset_label
from rubricate_server.storage.schema.dataset_split import dataset_split, dataset_split_example
from rubricate_server.storage.schema.dead_letter import dead_letter
from rubricate_server.storage.schema.experiment import experiment, experiment_example, experiment_tag
from rubricate_server.storage.schema.experiment_run import experiment_evaluation, experiment_run
from rubricate_server.storage.schema.project import project
from rubricate_server.storage.schema.prompt import prompt, prompt_tag, prompt_version
from rubricate_server.storage.schema.retention import project_retention, retention
from rubricate_server.storage.schema.rubric import project_rubric, rubric, rubric_version
from rubricate_server.storage.schema.session import session
from rubricate_server.storage.schema.span import span, span_hour
from rubricate_server.storage.schema.span_block import block_sieve, span_block
from rubricate_server.storage.schema.trace import trace

__all__ = [
    "annotation",
    "annotation_event",
    "annotation_hour",
    "annotation_hour_stale",
    "annotation_removal",
    "annotation_start_hour",
    "api_key",
    "block_sieve",
    "dataset",
    "dataset_dataset_label",
    "dataset_example",
    "dataset_example_revision",
    "dataset_label",
    "dataset_removal",
    "dataset_split",
    "dataset_split_example",
    "dataset_version",
    "dead_letter",
    "experiment",
    "experiment_evaluation",
    "experiment_example",
    "experiment_run",
    "experiment_tag",
    "metadata",
    "project",
    "project_retention",
    "project_rubric",
    "prompt",
    "prompt_tag",
    "prompt_version",
    "removed_annotation",
    "retention",
    "rubric",
    "rubric_version",
    "session",
    "span",
    "span_block",
    "span_hour",
    "trace",
    "user",
    "user_session",
]
