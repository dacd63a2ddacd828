"""Annotations as `rubricate export` writes them, sent to be kept as they are."""

from typing import TYPE_CHECKING, Any

from rubricate.cli.terminal import Failed, Progress

if TYPE_CHECKING:
    from rubricate.cli.connection import Connection
    from rubricate.cli.tally import Tally

ANNOTATIONS_AT_ONCE = 500

Json = dict[str, Any]


def send_annotations(server: "Connection", annotations: list[Json], tally: "Tally", progress: Progress) -> None:
    """Send annotations as they were exported; those that are there already stay as they are.

    The server takes all of a request or none; where one is bad, the others go without it.
    """
    from rubricate.client.calls import Request, data
    from rubricate.errors import InvalidRequest, RubricateError

    content = {"data": [kept(each) for each in annotations]}
    try:
        answer = data(server.try_send(Request("POST", "v1/annotations/import", json=content)))
    except InvalidRequest as error:
        if len(annotations) > 1:
            middle = len(annotations) // 2
            send_annotations(server, annotations[:middle], tally, progress)
            send_annotations(server, annotations[middle:], tally, progress)
            return
        one = content["data"][0]
        what = f"annotation {one.get('name')!r} of {one['target'].get('kind')} {one['target'].get('id')}"
        tally.add("annotations", 1, 0, 1, f"{what}: {error.detail[:300]}")
        return
    except RubricateError as error:
        raise Failed(str(error)) from error
    tally.add("annotations", answer["received"], answer["new"])
    progress.add(len(annotations))


def kept(annotation: Json) -> Json:
    """An exported annotation, also in the shape of the lists of one kind of target."""
    if "target" in annotation:
        return annotation
    position = annotation.get("document_position")
    if position is not None:
        target = {"kind": "document", "id": annotation["span_id"], "position": position}
    else:
        field = next(name for name in ("span_id", "trace_id", "session_id") if name in annotation)
        target = {"kind": field.removesuffix("_id"), "id": annotation[field], "position": None}
    return {**annotation, "target": target}
