"""Who may do what: one table, and nothing that it does not name.

`Guard` asks it for every request over HTTP, and the door of gRPC for every export. Where accounts are off, nobody asks.
"""

from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final, NamedTuple

from rubricate.records.user import UserRole

ADMIN: Final = frozenset({UserRole.ADMIN})
TEAM: Final = frozenset({UserRole.ADMIN, UserRole.MEMBER, UserRole.SYSTEM})
ANNOTATORS: Final = TEAM | {UserRole.ANNOTATOR}
SIGNED_IN: Final = ANNOTATORS | {UserRole.VIEWER}
PEOPLE: Final = SIGNED_IN - {UserRole.SYSTEM}
NOBODY: Final[AbstractSet[UserRole]] = frozenset()

READS: Final = frozenset({"GET", "HEAD"})


class Rule(NamedTuple):
    """What a path and all beneath it ask for. `{}` in it stands for any one segment."""

    path: str
    read: AbstractSet[UserRole] = NOBODY
    write: AbstractSet[UserRole] = NOBODY
    public: bool = False
    """Nobody has to sign in, whatever is sent."""


_PAGE: Final = ("assets", "login", "account", "settings", "rubrics", "datasets", "p")
"""Where the page lives. It holds no data: it asks the API, as the person who signed in."""

RULES: Final = (
    # what needs no account
    Rule("/healthz", public=True),
    Rule("/readyz", public=True),
    Rule("/arize_phoenix_version", public=True),
    Rule("/auth/login", public=True),
    Rule("/auth/logout", public=True),
    # links of Phoenix's clients, which lie where the page does
    *(Rule(f"/datasets/{{}}/{part}", read=SIGNED_IN) for part in ("examples", "experiments", "compare")),
    *(Rule(f"/{place}", public=True) for place in _PAGE),
    # people and keys
    Rule("/auth/password", write=PEOPLE),
    Rule("/v1/user/api_keys", read=PEOPLE, write=PEOPLE - {UserRole.VIEWER}),
    Rule("/v1/user", read=SIGNED_IN),
    Rule("/v1/users", read=ADMIN, write=ADMIN),
    Rule("/v1/system", read=ADMIN, write=ADMIN),
    # annotations of others, with their names and times
    Rule("/v1/annotations/import", write=ADMIN),
    # what annotators write; whose annotations they may change is told by `authorship.py`
    Rule("/v1/annotations", read=SIGNED_IN, write=ANNOTATORS),
    Rule("/v1/span_annotations", write=ANNOTATORS),
    Rule("/v1/trace_annotations", write=ANNOTATORS),
    Rule("/v1/session_annotations", write=ANNOTATORS),
    Rule("/v1/document_annotations", write=ANNOTATORS),
    Rule("/v1/span_notes", write=ANNOTATORS),
    Rule("/v1/trace_notes", write=ANNOTATORS),
    Rule("/v1/session_notes", write=ANNOTATORS),
    Rule("/v1/projects/{}/span_annotations", read=SIGNED_IN, write=ANNOTATORS),
    Rule("/v1/projects/{}/trace_annotations", read=SIGNED_IN, write=ANNOTATORS),
    Rule("/v1/projects/{}/session_annotations", read=SIGNED_IN, write=ANNOTATORS),
    Rule("/v1/projects/{}/document_annotations", read=SIGNED_IN, write=ANNOTATORS),
    # reading by POST, because what is asked for is long
    Rule("/v1/spans/{}", read=SIGNED_IN, write=TEAM),  # one span, which is no such reading
    Rule("/v1/spans", read=SIGNED_IN, write=ANNOTATORS),
    Rule("/v1/projects/{}/export", read=SIGNED_IN, write=ANNOTATORS),
    # how long traces are kept
    Rule("/v1/projects/{}/retention", read=SIGNED_IN, write=ADMIN),
    Rule("/v1/retention_policies", read=SIGNED_IN, write=ADMIN),
    # the rest: everybody reads, the team writes
    Rule("/v1/projects", read=SIGNED_IN, write=TEAM),
    Rule("/v1/traces", read=SIGNED_IN, write=TEAM),
    Rule("//v1/traces", read=SIGNED_IN, write=TEAM),  # an exporter's, whose address ends with a slash
    Rule("/v1/sessions", read=SIGNED_IN, write=TEAM),
    Rule("/v1/evaluations", read=SIGNED_IN, write=TEAM),
    Rule("/v1/annotation_configs", read=SIGNED_IN, write=TEAM),
    Rule("/v1/annotation_config_figures", read=SIGNED_IN),
    Rule("/v1/datasets", read=SIGNED_IN, write=TEAM),
    Rule("/v1/dataset_splits", read=SIGNED_IN, write=TEAM),
    Rule("/v1/dataset_labels", read=SIGNED_IN, write=TEAM),
    Rule("/v1/experiments", read=SIGNED_IN, write=TEAM),
    Rule("/v1/experiment_evaluations", read=SIGNED_IN, write=TEAM),
    Rule("/v1/prompts", read=SIGNED_IN, write=TEAM),
    Rule("/v1/prompt_versions", read=SIGNED_IN, write=TEAM),
    Rule("/v1/project_figures", read=SIGNED_IN),
    Rule("/v1/filter", read=SIGNED_IN),
    Rule("/v1/dead_letters", read=SIGNED_IN),
    Rule("/v1/stats", read=SIGNED_IN),
    Rule("/v1/events", read=SIGNED_IN),
    Rule("/metrics", read=SIGNED_IN),
    # links, and the description of the API
    Rule("/o", read=SIGNED_IN),
    Rule("/redirects", read=SIGNED_IN),
    Rule("/projects", read=SIGNED_IN),
    Rule("/docs", read=SIGNED_IN),
    Rule("/redoc", read=SIGNED_IN),
    Rule("/openapi.json", read=SIGNED_IN),
)

_ROOT: Final = Rule("/", read=SIGNED_IN, write=TEAM)
"""The page; and spans, from exporters that were given the bare address."""
EXPORT: Final = TEAM
"""Who may send spans over gRPC."""

_WORDS: Final = {
    UserRole.VIEWER: "Viewers cannot perform this action.",
    UserRole.ANNOTATOR: "Annotators cannot perform this action.",
    UserRole.SYSTEM: "Only an admin can do this; a key of the system cannot.",
}


@lru_cache(maxsize=1024)  # the path of ingest among them, where microseconds count
def rule_for(path: str) -> Rule | None:
    """The first rule that covers a path; None: nobody may do anything there."""
    if path == "/":
        return _ROOT
    segments = path.split("/")
    return next((rule for rule, parts in _PARTS if _covers(parts, segments)), None)


def is_public(path: str, method: str) -> bool:
    """Whether nobody has to sign in for it."""
    rule = rule_for(path)
    return rule is not None and (rule.public or (rule is _ROOT and method in READS))


def may(role: UserRole, path: str, method: str) -> bool:
    """Whether somebody of a role may do that."""
    rule = rule_for(path)
    return rule is not None and (rule.public or role in (rule.read if method in READS else rule.write))


def may_before_choosing(path: str) -> bool:
    """Whether somebody may do that whose password is still somebody else's choice."""
    return path in ("/v1/user", "/auth/password")


def denial(role: UserRole) -> str:
    """What somebody who may not is told."""
    return _WORDS.get(role, "Only an admin can do this.")


def _covers(parts: list[str], segments: list[str]) -> bool:
    return len(parts) <= len(segments) and all(
        part in ("{}", segment) for part, segment in zip(parts, segments, strict=False)
    )


_PARTS: Final = [(rule, rule.path.split("/")) for rule in RULES]
