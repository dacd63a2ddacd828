import subprocess
import sys
from types import SimpleNamespace

import pytest

from rubricate.cli import main


@pytest.fixture
def server(monkeypatch):
    """The server's two modules, as the command sees them."""
    served = {}

    def serve(settings) -> int:
        served["settings"] = settings
        return 3

    modules = {
        "rubricate_server.app": SimpleNamespace(serve=serve),
        "rubricate_server.settings": SimpleNamespace(load_settings=lambda **given: given),
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return served


def test_serve_passes_on_what_was_said(server):
    arguments = ["serve", "--host", "0.0.0.0", "--port", "7", "--grpc-port", "0", "--data", "d", "--sample", "--auth"]
    assert main(arguments) == 3
    assert server["settings"] == {
        "host": "0.0.0.0",
        "port": 7,
        "grpc_port": 0,
        "data": "d",
        "sample": True,
        "auth": True,
        "allow_unauthenticated": None,
    }


def test_serve_leaves_the_rest_to_the_environment(server):
    main(["serve"])
    assert set(server["settings"].values()) == {None}


def test_a_setting_that_cannot_be_is_told(server, monkeypatch, capsys):
    def load_settings(**given):
        raise ValueError("RUBRICATE_PORT='x' is not a port")

    monkeypatch.setattr(sys.modules["rubricate_server.settings"], "load_settings", load_settings)
    assert main(["serve"]) == 2
    assert capsys.readouterr().err == "rubricate serve: RUBRICATE_PORT='x' is not a port\n"


def test_without_the_server_the_command_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rubricate_server.app", None)
    assert main(["serve"]) == 2
    assert 'pip install "rubricate[server]"' in capsys.readouterr().err


def test_a_port_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["serve", "--port", "70000"])
    assert "'70000' is not a port" in capsys.readouterr().err


def test_version_and_help(capsys):
    assert main(["version"]) == 0
    assert capsys.readouterr().out.startswith("rubricate 0.")
    assert main([]) == 0
    assert "rubricate serve --sample" in capsys.readouterr().out


def test_nothing_heavy_is_imported_before_it_is_used():
    code = """
import sys, rubricate, rubricate.cli, rubricate.environment
heavy = {"httpx", "pydantic", "pandas", "pyarrow", "opentelemetry", "grpc", "requests"} & set(sys.modules)
assert not heavy, heavy
from rubricate import Client, SpanEvaluations, errors
heavy = {"pandas", "pyarrow", "opentelemetry", "grpc", "requests"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_all_public_names_can_be_imported():
    import rubricate

    assert {name: getattr(rubricate, name) is not None for name in rubricate.__all__} == dict.fromkeys(
        rubricate.__all__, True
    )
    assert rubricate.__version__
    assert set(rubricate.__all__) <= set(dir(rubricate))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = rubricate.nonsense
