"""Prompts, their versions, and the tags that name one version each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rubricate_server.storage.contract import NewPromptTag, Storage, StoredPrompt, StoredPromptVersion
from rubricate_server.storage.errors import NotFound

from ..engines import Data

PRODUCTION = NewPromptTag("production", "what users see 🧪")


def body(text: str = "Say hello.", **more: Any) -> dict[str, Any]:
    return {"template": {"type": "chat", "messages": [{"role": "user", "content": text}]}, **more}


def create(store: Storage, name: str = "greeting", text: str = "Say hello.") -> StoredPromptVersion:
    return store.prompts.create(name, None, {}, body(text))


def test_it_comes_back_as_it_was_made(store: Storage) -> None:
    kept = body("wie gut? 🧪\0", invocation_parameters={"openai": {"temperature": 1.0, "seed": 2**63, "stop": None}})
    made = store.prompts.create("greeting", "says hello", {"team": ["a", {"b": None}]}, kept)
    prompt = StoredPrompt(made.prompt_id, "greeting", "says hello", {"team": ["a", {"b": None}]})
    assert made.body == kept
    assert store.prompts.get(prompt.id) == store.prompts.get_by_name("greeting") == prompt
    assert store.prompts.page() == [prompt]
    assert store.prompts.version(made.id) == store.prompts.latest(prompt.id) == made
    assert store.prompts.versions(prompt.id) == [made]
    assert store.prompts.tags(made.id) == []


def test_it_is_there_after_a_restart(data: Data) -> None:
    store = data.open()
    made = create(store)
    store.prompts.put_tag(made.id, PRODUCTION)
    assert data.reopen().prompts.tagged(made.prompt_id, "production") == made


def test_the_same_name_again_adds_a_version_and_leaves_the_prompt_alone(store: Storage) -> None:
    first = store.prompts.create("greeting", "says hello", {"team": "a"}, body())
    second = store.prompts.create("greeting", "another", {"team": "b"}, body("Say hi."))
    assert second.prompt_id == first.prompt_id
    assert store.prompts.page() == [StoredPrompt(first.prompt_id, "greeting", "says hello", {"team": "a"})]
    assert store.prompts.versions(first.prompt_id) == [second, first]
    assert store.prompts.latest(first.prompt_id) == second
    assert store.prompts.version(first.id) == first


def test_the_same_body_again_is_a_version_of_its_own(store: Storage) -> None:
    assert create(store).id != create(store).id


def test_many_at_once_under_one_name_make_one_prompt(store: Storage) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: create(store, text=str(number)), range(24)))
    [prompt] = store.prompts.page()
    assert {version.prompt_id for version in made} == {prompt.id}
    assert sorted(store.prompts.versions(prompt.id)) == sorted(made)


def test_a_version_is_added_to_a_prompt_with_its_tags(store: Storage) -> None:
    first = create(store)
    store.prompts.put_tag(first.id, NewPromptTag("production", None))
    second = store.prompts.add_version(first.prompt_id, body("Say hi."), [PRODUCTION, NewPromptTag("new", None)])
    assert store.prompts.versions(first.prompt_id) == [second, first]
    assert {tag[1:] for tag in store.prompts.tags(second.id)} == {PRODUCTION, ("new", None)}
    assert store.prompts.tags(first.id) == []


def test_a_change_touches_only_what_it_names(store: Storage) -> None:
    row = store.prompts.create("greeting", "says hello", {"a": 1}, body()).prompt_id
    for _ in range(2):
        assert store.prompts.update(row, {"metadata": {"b": 2}}) == StoredPrompt(
            row, "greeting", "says hello", {"b": 2}
        )
    assert store.prompts.update(row, {"description": None}) == StoredPrompt(row, "greeting", None, {"b": 2})
    assert store.prompts.update(row, {}) == store.prompts.get(row) == StoredPrompt(row, "greeting", None, {"b": 2})


def test_a_tag_is_on_one_version_of_a_prompt_and_moves(store: Storage) -> None:
    first, second = create(store), create(store)
    for _ in range(2):
        store.prompts.put_tag(first.id, NewPromptTag("production", None))
    [tag] = store.prompts.tags(first.id)
    assert store.prompts.tagged(first.prompt_id, "production") == first
    store.prompts.put_tag(second.id, PRODUCTION)
    assert store.prompts.tagged(first.prompt_id, "production") == second
    assert store.prompts.tags(first.id) == []
    assert store.prompts.tags(second.id) == [tag._replace(description=PRODUCTION.description)]


def test_prompts_have_tags_of_their_own(store: Storage) -> None:
    one, other = create(store, "one"), create(store, "other")
    store.prompts.put_tag(one.id, PRODUCTION)
    with pytest.raises(NotFound):
        store.prompts.tagged(other.prompt_id, "production")
    store.prompts.put_tag(other.id, PRODUCTION)
    assert store.prompts.tagged(one.prompt_id, "production") == one
    store.prompts.remove_tag(other.id, "production")
    assert store.prompts.tagged(one.prompt_id, "production") == one


def test_a_tag_is_taken_away_by_any_version_of_its_prompt(store: Storage) -> None:
    first, second = create(store), create(store)
    store.prompts.put_tag(second.id, PRODUCTION)
    store.prompts.remove_tag(first.id, "production")
    assert store.prompts.tags(second.id) == []
    with pytest.raises(NotFound):
        store.prompts.remove_tag(first.id, "production")


def test_a_deleted_one_takes_its_versions_and_tags_along_and_no_others(store: Storage) -> None:
    gone, kept = create(store, "gone"), create(store, "kept")
    for version in (gone, kept):
        store.prompts.put_tag(version.id, PRODUCTION)
    store.prompts.delete(gone.prompt_id)
    asks: list[Callable[[], object]] = [
        lambda: store.prompts.get(gone.prompt_id),
        lambda: store.prompts.get_by_name("gone"),
        lambda: store.prompts.version(gone.id),
        lambda: store.prompts.latest(gone.prompt_id),
        lambda: store.prompts.tagged(gone.prompt_id, "production"),
    ]
    for ask in asks:
        with pytest.raises(NotFound):
            ask()
    assert store.prompts.versions(gone.prompt_id) == store.prompts.tags(gone.id) == []
    assert [prompt.name for prompt in store.prompts.page()] == ["kept"]
    assert store.prompts.tagged(kept.prompt_id, "production") == kept
    again = create(store, "gone")
    assert again.prompt_id not in (gone.prompt_id, kept.prompt_id)
    assert again.id not in (gone.id, kept.id)


def test_what_is_not_there(store: Storage) -> None:
    asks: list[Callable[[], object]] = [
        lambda: store.prompts.get(7),
        lambda: store.prompts.get_by_name("nobody"),
        lambda: store.prompts.update(7, {"description": "d"}),
        lambda: store.prompts.delete(7),
        lambda: store.prompts.add_version(7, body(), [PRODUCTION]),
        lambda: store.prompts.version(7),
        lambda: store.prompts.latest(7),
        lambda: store.prompts.tagged(7, "production"),
        lambda: store.prompts.put_tag(7, PRODUCTION),
        lambda: store.prompts.remove_tag(7, "production"),
    ]
    for ask in asks:
        with pytest.raises(NotFound):
            ask()
    assert store.prompts.page() == store.prompts.versions(7) == store.prompts.tags(7) == []
    assert create(store, "first").body == body()


def test_pages_are_newest_first_and_begin_with_the_row_they_are_asked_from(store: Storage) -> None:
    made = [create(store, f"p{number}") for number in range(4)]
    names = [prompt.name for prompt in store.prompts.page(from_id=made[2].prompt_id, limit=2)]
    assert names == ["p2", "p1"]
    versions = [create(store, "p0", str(number)) for number in range(3)]
    assert store.prompts.versions(made[0].prompt_id, from_id=versions[1].id, limit=2) == versions[1::-1]
    for name in "abc":
        store.prompts.put_tag(made[0].id, NewPromptTag(name, None))
    tags = store.prompts.tags(made[0].id)
    assert [tag.name for tag in tags] == ["c", "b", "a"]
    assert store.prompts.tags(made[0].id, from_id=tags[1].id, limit=1) == [tags[1]]
