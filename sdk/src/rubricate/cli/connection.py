"""How the commands talk to a server: as the client does, and in streams where an answer has no bound."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import httpx

from rubricate.cli.terminal import Failed, Misused
from rubricate.client import _server
from rubricate.client.calls import Request, Steps, body, pages
from rubricate.client.transport import run
from rubricate.errors import Conflict, InvalidInput, InvalidRequest, NotFound, RubricateError, Unsupported, error_for

SILENCE_S = 120.0
"""A stream that says nothing for so long is given up."""

SHOWN_PROJECTS = 20


class Connection:
    """A server. What it refuses, and that it is not there, becomes `Failed`."""

    def __init__(self, url: str | None) -> None:
        try:
            self._server = _server(url, None, None, None, None)
        except InvalidInput as error:
            raise Misused(str(error)) from error
        self._http = httpx.Client()

    @property
    def url(self) -> str:
        """Where it is."""
        return self._server.base_url

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON of an answer."""
        return body(self.send(Request("GET", path, params or {})))

    def post(self, path: str, content: Any, **params: str) -> Any:
        """Post JSON; the JSON of the answer."""
        return body(self.send(Request("POST", path, params, content)))

    def send(self, request: Request) -> httpx.Response:
        """The answer to a request, which is repeated where that can help."""
        try:
            return run(self._http, self._server, _only(request))
        except RubricateError as error:
            raise Failed(plainly(error)) from error

    def try_send(self, request: Request) -> httpx.Response:
        """The same, but what the server refuses is raised as the SDK's own error."""
        return run(self._http, self._server, _only(request))

    def try_list(self, request: Request) -> list[Any]:
        """All items of a list that comes in pages. What the server refuses is raised as the SDK's own error."""
        return run(self._http, self._server, pages(request, page_size=1000))

    def no_project(self, name: str) -> Failed:
        """That there is no project of the name, and which there are."""
        names = [each["name"] for each in self.get("v1/projects", {"limit": SHOWN_PROJECTS + 1})["data"]]
        there = ", ".join(names[:SHOWN_PROJECTS]) + (", …" if len(names) > SHOWN_PROJECTS else "")
        return Failed(f"project {name} not found; there {'is' if len(names) == 1 else 'are'}: {there or 'none yet'}")

    @contextmanager
    def lines(self, path: str, params: Mapping[str, Any]) -> Iterator[Iterator[str]]:
        """The lines of an answer, as they come. An answer that breaks off raises: it is never taken for a whole one."""
        request = self._server.build(self._http, Request("GET", path, params, timeout_s=SILENCE_S))
        try:
            response = self._http.send(request, stream=True)
            try:
                if not response.is_success:
                    response.read()
                    raise error_for(response)
                yield _lines(response)
            finally:
                response.close()
        except RubricateError as error:
            raise Failed(plainly(error)) from error
        except httpx.ConnectError as error:
            raise Failed(f"No connection to {self.url}: {error}. Is the server running? Name it with --url.") from error
        except httpx.HTTPError as error:
            raise Failed(
                f"{request.url} broke off ({error or type(error).__name__}): what came is not complete."
            ) from error

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def plainly(error: RubricateError) -> str:
    """What went wrong, for who typed a command: the server's own words where it has some, without the request."""
    if isinstance(error, NotFound | InvalidRequest | Conflict) and not isinstance(error, Unsupported) and error.detail:
        return error.detail
    return str(error).replace("base_url=…", "--url")


def _lines(response: httpx.Response) -> Iterator[str]:
    # Not iter_lines(): it ends lines at U+2028 and the like too, which may stand within JSON.
    rest = b""
    for chunk in response.iter_bytes():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode()
    if rest:
        yield rest.decode()


def _only(request: Request) -> Steps[httpx.Response]:
    return (yield request)
