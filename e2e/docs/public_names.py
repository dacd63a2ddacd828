"""The public names of the SDK, as users write them, with their docstrings."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from rubricate.client import Client
from rubricate.client.calls import Resource, call

MODULES = (
    "rubricate",
    "rubricate.client",
    "rubricate.client.experiments",
    "rubricate.client.helpers",
    "rubricate.client.types",
    "rubricate.errors",
    "rubricate.otel",
    "rubricate.trace",
)


class PublicName(NamedTuple):
    """A name that users write, such as `client.spans.get_spans`, and what stands behind it."""

    name: str
    value: object

    @property
    def docstring(self) -> str:
        """Its own docstring, empty without one: that of a parent class does not count."""
        own = self.value.__dict__.get("__doc__") if isinstance(self.value, type) else self.value.__doc__
        return inspect.cleandoc(own or "")


def public_names() -> Iterator[PublicName]:
    """Each thing once, under the first of its names."""
    seen: set[int] = set()
    for public in _all_names():
        behind = getattr(public.value, "__wrapped__", public.value)
        if id(behind) not in seen:
            seen.add(id(behind))
            yield public


def _all_names() -> Iterator[PublicName]:
    with Client(base_url="http://nobody-is-asked") as client:
        yield from _members("client", Client)
        yield from _resources("client", client)
    for module in _modules():
        yield PublicName(module.__name__, module)
        for name in _names_in(module):
            value = getattr(module, name)
            if isinstance(value, type):
                yield PublicName(f"{module.__name__}.{name}", value)
                yield from _members(f"{module.__name__}.{name}", value)
            elif callable(value):  # constants have no docstring
                yield PublicName(f"{module.__name__}.{name}", value)


def _modules() -> Iterator[ModuleType]:
    """The modules, and what lies in the packages `helpers` and `types`: all that is there is public."""
    for name in MODULES:
        module = import_module(name)
        yield module
        if name.endswith((".helpers", ".types")):
            for inner in pkgutil.iter_modules(module.__path__, f"{name}."):
                yield import_module(inner.name)


def _names_in(module: ModuleType) -> list[str]:
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
    return [name for name in getattr(module, "__all__", own) if not name.startswith("_")]


def _members(name: str, kind: type) -> Iterator[PublicName]:
    """What its class and our own classes above that define; what is inherited from others is theirs."""
    for above in kind.__mro__:
        if above.__module__.startswith("rubricate"):
            for member in vars(above):
                value = inspect.getattr_static(above, member)
                if not member.startswith("_") and isinstance(value, FunctionType | classmethod | property | call):
                    yield PublicName(f"{name}.{member}", value)


def _resources(name: str, resource: Resource[Any]) -> Iterator[PublicName]:
    for member, value in vars(resource).items():
        if isinstance(value, Resource):
            yield PublicName(f"{name}.{member}", type(value))
            yield from _members(f"{name}.{member}", type(value))
            yield from _resources(f"{name}.{member}", value)
