"""The calls of `openapi_calls.py` for prompts, their versions and tags."""

from collections.abc import Iterator
from urllib.parse import quote

import httpx

from .prompts import FULL_VERSION, a_version

Call = tuple[str, int, httpx.Response]

NO_VERSION = quote("UHJvbXB0VmVyc2lvbjo5OTk5OTk=", safe="")  # PromptVersion:999999


def prompts(http: httpx.Client, name: str) -> Iterator[Call]:
    url, one, nothing = "/v1/prompts", f"/v1/prompts/{name}", "/v1/prompts/nothing"

    yield "create_prompt", 200, http.post(url, json={"prompt": {"name": name}, "version": FULL_VERSION})
    yield "create_prompt", 200, http.post(url, json={"prompt": {"name": name}, "version": a_version()})
    yield "create_prompt", 200, http.post(url, json={"prompt": {"name": f"{name}-2"}, "version": a_version()})
    yield "create_prompt", 422, http.post(url, json={"prompt": {"name": "Not A Name"}, "version": a_version()})
    yield "list_prompts", 200, http.get(url, params={"limit": 1})
    yield "list_prompts", 422, http.get(url, params={"cursor": "x"})
    yield "list_prompts", 422, http.get(url, params={"limit": 0})
    yield "update_prompt", 200, http.patch(one, json={"description": None, "metadata": {"a": [1]}})
    yield "update_prompt", 404, http.patch(nothing, json={"description": "d"})
    yield "update_prompt", 422, http.patch(one, json={})
    yield from _versions(http, one, nothing)
    yield "delete_prompt", 204, http.delete(one)
    yield "delete_prompt", 404, http.delete(one)


def _versions(http: httpx.Client, one: str, nothing: str) -> Iterator[Call]:
    tagged = {"version": FULL_VERSION, "tags": [{"name": "new"}, {"name": "old", "description": "d"}]}

    yield "create_prompt_version", 201, http.post(f"{one}/versions", json=tagged)
    yield "create_prompt_version", 404, http.post(f"{nothing}/versions", json=tagged)
    yield "create_prompt_version", 422, http.post(f"{one}/versions", json={"version": {}})
    yield "list_prompt_versions", 200, http.get(f"{one}/versions", params={"limit": 1})
    yield "list_prompt_versions", 200, http.get(f"{one}/versions")
    yield "list_prompt_versions", 404, http.get(f"{nothing}/versions")
    yield "list_prompt_versions", 422, http.get(f"{one}/versions", params={"cursor": "x"})
    latest = http.get(f"{one}/latest")
    yield "get_latest_prompt_version", 200, latest
    yield "get_latest_prompt_version", 404, http.get(f"{nothing}/latest")
    yield "get_tagged_prompt_version", 200, http.get(f"{one}/tags/new")
    yield "get_tagged_prompt_version", 404, http.get(f"{one}/tags/nothing")
    yield from _tags(http, f"/v1/prompt_versions/{quote(latest.json()['data']['id'], safe='')}")


def _tags(http: httpx.Client, version: str) -> Iterator[Call]:
    gone, wrong = f"/v1/prompt_versions/{NO_VERSION}", "/v1/prompt_versions/x"

    yield "get_prompt_version", 200, http.get(version)
    yield "get_prompt_version", 404, http.get(gone)
    yield "get_prompt_version", 422, http.get(wrong)
    yield "create_prompt_version_tag", 204, http.post(f"{version}/tags", json={"name": "production"})
    yield "create_prompt_version_tag", 404, http.post(f"{gone}/tags", json={"name": "production"})
    yield "create_prompt_version_tag", 422, http.post(f"{wrong}/tags", json={"name": "production"})
    yield "create_prompt_version_tag", 422, http.post(f"{version}/tags", json={"name": "-"})
    yield "list_prompt_version_tags", 200, http.get(f"{version}/tags")
    yield "list_prompt_version_tags", 200, http.get(f"{version}/tags", params={"limit": 1})
    yield "list_prompt_version_tags", 404, http.get(f"{gone}/tags")
    yield "list_prompt_version_tags", 422, http.get(f"{wrong}/tags")
    yield "list_prompt_version_tags", 422, http.get(f"{version}/tags", params={"cursor": "x"})
    yield "delete_prompt_version_tag", 204, http.delete(f"{version}/tags/production")
    yield "delete_prompt_version_tag", 404, http.delete(f"{version}/tags/production")
    yield "delete_prompt_version_tag", 422, http.delete(f"{wrong}/tags/production")
