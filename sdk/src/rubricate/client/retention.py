"""Retention: how long projects keep traces."""

import builtins

from rubricate import environment
from rubricate.client.calls import M, Request, Resource, Steps, call, data, pages, path
from rubricate.client.target import checked
from rubricate.errors import NotFound
from rubricate.records.base import JsonObject
from rubricate.records.retention import RetentionPolicyCreate


class Retention(Resource[M]):
    """Retention policies, as `client.retention`.

    A policy is a dict of `id`, `name`, `max_days` (traces that started longer ago go) and `max_traces` (the newest that
    a project keeps); one of the bounds may be None. It acts within about a minute on the projects that follow it, also
    on what is there already, and cannot be undone. A project that follows none is kept as the server's settings say.
    """

    @call
    def list(self) -> Steps[builtins.list[JsonObject]]:
        """All policies, newest first; each is a dict of `id`, `name`, `max_days` and `max_traces`.

        >>> [(policy["name"], policy["max_days"]) for policy in client.retention.list()]
        [('a month', 30.0)]
        """
        return (yield from pages(Request("GET", "v1/retention_policies")))

    @call
    def get(self, policy_id: str) -> Steps[JsonObject]:
        """One policy, by its id. Raises `NotFound`.

        >>> [month] = client.retention.list()
        >>> client.retention.get(month["id"])
        {'id': '...', 'name': 'a month', 'max_days': 30.0, 'max_traces': None}
        """
        response = yield Request("GET", path("v1/retention_policies", policy_id))
        policy: JsonObject = data(response)
        return policy

    @call
    def create(self, *, name: str, max_days: float | None = None, max_traces: int | None = None) -> Steps[JsonObject]:
        """Make a policy, of an age in days, a number of traces, or both; the answer is the policy.

        It acts on nothing until a project follows it.

        Raises `InvalidInput` before sending; `Conflict` if there is one of that name.

            >>> policy = client.retention.create(name="a week, or 10,000", max_days=7, max_traces=10_000)
            >>> client.retention.assign(policy["id"], project_identifier="my-app")
        """
        response = yield Request(
            "POST", "v1/retention_policies", json=_wire(name, max_days, max_traces), repeatable=False
        )
        policy: JsonObject = data(response)
        return policy

    @call
    def update(
        self, policy_id: str, *, name: str, max_days: float | None = None, max_traces: int | None = None
    ) -> Steps[JsonObject]:
        """Replace a policy whole: a bound that is not given is none. Raises as `create`, and `NotFound`.

        >>> [month] = client.retention.list()
        >>> client.retention.update(month["id"], name="two months", max_days=60)
        {'id': '...', 'name': 'two months', 'max_days': 60.0, 'max_traces': None}
        """
        response = yield Request(
            "PUT", path("v1/retention_policies", policy_id), json=_wire(name, max_days, max_traces)
        )
        policy: JsonObject = data(response)
        return policy

    @call
    def delete(self, policy_id: str) -> Steps[None]:
        """Delete a policy; its projects are kept as the server's settings say. Raises `NotFound`.

        >>> [month] = client.retention.list()
        >>> client.retention.delete(month["id"])
        """
        try:
            yield Request("DELETE", path("v1/retention_policies", policy_id))
        except NotFound as error:
            if not error.maybe_applied:
                raise

    @call
    def assign(self, policy_id: str | None, *, project_identifier: str | None = None) -> Steps[None]:
        """Have a project (by name or id; default the environment's) follow a policy, or none with None.

        Raises `NotFound` if there is no such project or policy.

            >>> [month] = client.retention.list()
            >>> client.retention.assign(month["id"], project_identifier="my-app")
            >>> client.retention.assign(None, project_identifier="my-app")  # none again
        """
        url = path("v1/projects", project_identifier or environment.project_name(), "/retention")
        yield Request("PATCH", url, json={"policy_id": policy_id})


def _wire(name: str, max_days: float | None, max_traces: int | None) -> JsonObject:
    new = checked(
        RetentionPolicyCreate, {"name": name, "max_days": max_days, "max_traces": max_traces}, "the retention policy"
    )
    return new.model_dump(mode="json")
