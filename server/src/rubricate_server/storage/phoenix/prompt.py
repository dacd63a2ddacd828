"""Prompts of a Phoenix, with their versions and tags."""

import json
import sqlite3  # noqa: TID251  # rows of the engine
from collections.abc import Iterator
from typing import NamedTuple

from rubricate_server.storage.phoenix.database import Json, Phoenix, object_in


class PromptVersion(NamedTuple):
    """A version of a prompt."""

    new: Json
    """As `POST /v1/prompts` takes it."""
    tags: list[Json]


class PhoenixPrompt(NamedTuple):
    """A prompt and its versions, oldest first."""

    new: Json
    versions: list[PromptVersion]


def prompts(phoenix: Phoenix) -> Iterator[PhoenixPrompt]:
    """All prompts that have a version."""
    if "prompt_versions" not in phoenix.tables:
        return
    described = "metadata" if "metadata" in phoenix.columns("prompts") else "null as metadata"
    for row in phoenix.rows(f"select id, name, description, {described} from prompts order by id").fetchall():
        found = phoenix.rows("select * from prompt_versions where prompt_id = ? order by id", (row["id"],)).fetchall()
        if found:
            new = {
                "name": row["name"],
                "description": row["description"],
                "metadata": object_in(row["metadata"]),
            }
            yield PhoenixPrompt(new, [PromptVersion(_version(each), _tags(phoenix, each["id"])) for each in found])


def _version(row: sqlite3.Row) -> Json:
    optional = {name: json.loads(row[name] or "null") for name in ("tools", "response_format")}
    return {
        "description": row["description"],
        "model_provider": row["model_provider"],
        "model_name": row["model_name"],
        "template_type": row["template_type"],
        "template_format": row["template_format"],
        "template": json.loads(row["template"]),
        "invocation_parameters": json.loads(row["invocation_parameters"]),
        **{name: value for name, value in optional.items() if value is not None},
    }


def _tags(phoenix: Phoenix, version: int) -> list[Json]:
    found = phoenix.rows(
        "select name, description from prompt_version_tags where prompt_version_id = ? order by id", (version,)
    )
    return [{"name": row["name"], "description": row["description"]} for row in found]
