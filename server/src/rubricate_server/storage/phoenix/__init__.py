"""What is in the database of a Phoenix, in shapes that our own API takes, so that people can move in."""

from rubricate_server.storage.phoenix.database import Phoenix, left_out, open_phoenix
from rubricate_server.storage.phoenix.dataset import DatasetVersion, ExampleChange, dataset_labels, datasets, versions
from rubricate_server.storage.phoenix.experiment import PhoenixExperiment, PhoenixRun, experiments, runs
from rubricate_server.storage.phoenix.prompt import PhoenixPrompt, PromptVersion, prompts
from rubricate_server.storage.phoenix.trace import annotation_configs, annotations, assignments, projects, spans

__all__ = [
    "DatasetVersion",
    "ExampleChange",
    "Phoenix",
    "PhoenixExperiment",
    "PhoenixPrompt",
    "PhoenixRun",
    "PromptVersion",
    "annotation_configs",
    "annotations",
    "assignments",
    "dataset_labels",
    "datasets",
    "experiments",
    "left_out",
    "open_phoenix",
    "projects",
    "prompts",
    "runs",
    "spans",
    "versions",
]
