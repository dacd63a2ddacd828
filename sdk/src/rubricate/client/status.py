"""How the server is doing, and what it could not take."""

from base64 import b64decode

from rubricate.client.calls import M, Request, Resource, Steps, call, data, pages, path
from rubricate.client.target import LARGEST_PAGE
from rubricate.records.base import JsonObject


class Status(Resource[M]):
    """The server's figures and dead letters, as `client.status`. Phoenix has nothing like them."""

    @call
    def stats(self) -> Steps[JsonObject]:
        """The server's version and age, what came in since it started, and what it holds.

        A dict of the fields of `rubricate.records.status.ServerStats`, among them `version`, `uptime_s`, `ingest`
        (`received`, `stored`, `rejected` …), `rows` by table, `waiting_annotations`, `disk_bytes`.

            >>> figures = client.status.stats()
            >>> figures["rows"]["project"], figures["ingest"]["rejected"], figures["waiting_annotations"]
            (..., 1, 1)
        """
        response = yield Request("GET", "v1/stats")
        figures: JsonObject = data(response)
        return figures

    @call
    def dead_letters(self, *, limit: int | None = None, progress: bool = True) -> Steps[list[JsonObject]]:
        """Spans that were refused, newest first; at most `limit` (None: all).

        Each is a dict of `id`, `at`, `project`, `reason`, `encoding` ("protobuf" or "json") and `size_bytes`.

            >>> for letter in client.status.dead_letters(limit=10):
            ...     print(letter["encoding"], letter["reason"])
            json ...
        """
        request = Request("GET", "v1/dead_letters")
        return (yield from pages(request, limit=limit, page_size=LARGEST_PAGE, progress=progress))

    @call
    def dead_letter(self, dead_letter_id: str) -> Steps[JsonObject]:
        """One refused span, as of `dead_letters`, with its bytes as they were sent in `payload`. Raises `NotFound`.

        >>> [letter] = client.status.dead_letters(limit=1)
        >>> client.status.dead_letter(letter["id"])["payload"]
        b'{..."name":"answer"...}'
        """
        response = yield Request("GET", path("v1/dead_letters", dead_letter_id))
        letter: JsonObject = data(response)
        return {**letter, "payload": b64decode(letter["payload"])}
