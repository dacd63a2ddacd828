"""Projects: the traces of one application each."""

import base64
import binascii
import builtins

from rubricate.client.calls import M, Request, Resource, Steps, call, data, pages, path
from rubricate.errors import InvalidInput, NotFound
from rubricate.records.base import JsonObject


class Projects(Resource[M]):
    """Projects, as `client.projects`. A project is a dict of `id`, `name` and `description`.

    Tracing makes projects by itself; `create` is for those who want a description first. Where a project is asked
    for, give its `project_id` or its `project_name`.
    """

    @call
    def get(self, *, project_id: str | None = None, project_name: str | None = None) -> Steps[JsonObject]:
        """One project. Raises `NotFound`.

        >>> client.projects.get(project_name="my-app")
        {'name': 'my-app', 'description': None, 'id': '...'}
        """
        response = yield Request("GET", path("v1/projects", _either(project_id, project_name)))
        project: JsonObject = data(response)
        return project

    @call
    def list(self, *, name_contains: str | None = None) -> Steps[builtins.list[JsonObject]]:
        """All projects, or those whose name contains this text, whatever its case; newest first.

        >>> [project["name"] for project in client.projects.list(name_contains="app")]
        ['my-app']
        """
        params = {"name_contains": name_contains} if name_contains else {}
        return (yield from pages(Request("GET", "v1/projects", params)))

    @call
    def create(self, *, name: str, description: str | None = None) -> Steps[JsonObject]:
        """Make a project; the answer is the project. Raises `Conflict` if there is one of that name.

        >>> client.projects.create(name="help-desk", description="Answers questions of customers.")
        {'name': 'help-desk', 'description': 'Answers questions of customers.', 'id': '...'}
        """
        content = {"name": name} | ({"description": description} if description is not None else {})
        response = yield Request("POST", "v1/projects", json=content, repeatable=False)
        project: JsonObject = data(response)
        return project

    @call
    def update(
        self,
        *,
        project_id: str | None = None,
        project_name: str | None = None,
        description: str | None = None,
        new_name: str | None = None,
    ) -> Steps[JsonObject]:
        """Give a project another description or name. None leaves it as it is; `description=""` takes it away.

        The answer is the project. Spans that are still sent to the old name make a new project. Phoenix cannot rename.

        Raises `NotFound`, `Conflict` if the new name is taken, and `Forbidden` for the default project, which keeps its
        name.

            >>> client.projects.update(project_name="my-app", new_name="help-desk", description="In production.")
            {'name': 'help-desk', 'description': 'In production.', 'id': '...'}
        """
        content = {"description": description or None} if description is not None else {}
        content |= {"name": new_name} if new_name is not None else {}
        response = yield Request("PUT", path("v1/projects", _either(project_id, project_name)), json=content)
        project: JsonObject = data(response)
        return project

    @call
    def delete(self, *, project_id: str | None = None, project_name: str | None = None) -> Steps[None]:
        """Delete a project with all its traces. Raises `NotFound`; `Forbidden` for the default project.

        >>> client.projects.delete(project_name="my-app")
        """
        try:
            yield Request("DELETE", path("v1/projects", _either(project_id, project_name)))
        except NotFound as error:
            if not error.maybe_applied:
                raise


def project_name_of(identifier: str) -> Steps[str]:
    """The name of the project of this name or id."""
    if not is_id(identifier, "Project"):
        return identifier
    response = yield Request("GET", path("v1/projects", identifier))
    name: str = data(response)["name"]
    return name


def is_id(text: str, kind: str) -> bool:
    """Whether the text is an id that the server made for something of this kind (base64 of `Kind:number`)."""
    try:
        decoded = base64.b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return False
    name, colon, number = decoded.partition(":")
    return bool(colon) and name.endswith(kind) and number.isdecimal()


def _either(project_id: str | None, project_name: str | None) -> str:
    if bool(project_id) == bool(project_name):
        raise InvalidInput("Give project_id or project_name, one of them.")
    return project_id or project_name or ""
