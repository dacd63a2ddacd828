"""The command `rubricate`. Imports as little as it can, so that a server starts at once."""

import argparse
import sys
from collections.abc import Sequence

DESCRIPTION = "Find out whether your LLM application is any good, from labels that you can trust."

EPILOG = """\
examples:
  rubricate serve                       start a server on http://127.0.0.1:6006, gRPC on 4317
  rubricate serve --sample              the same, with traces to look at
  rubricate serve --data ./traces       keep the data in a directory of your choice

then, in your application:
  from rubricate.otel import register
  register(project_name="my-app", auto_instrument=True)

Help on one command: rubricate serve --help
"""

SERVE_EPILOG = """\
Every option is also a setting in the environment; the option wins:
  RUBRICATE_HOST  RUBRICATE_PORT  RUBRICATE_GRPC_PORT  RUBRICATE_DATA

examples:
  rubricate serve --port 7000 --grpc-port 7001
  rubricate serve --host 0.0.0.0 --allow-unauthenticated
                                        let other machines in; there are no accounts yet
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the answer is its exit code: 0 done, 1 failed, 2 asked for something that cannot be."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "serve":
        return _serve(options)
    if options.command == "version":
        return _version()
    parser.print_help()
    return 0


def _serve(options: argparse.Namespace) -> int:
    try:
        from rubricate_server.app import serve
        from rubricate_server.settings import load_settings
    except ImportError as error:
        print(f'The server is not installed ({error}). Run: pip install "rubricate[server]"', file=sys.stderr)
        return 2
    try:
        settings = load_settings(
            host=options.host,
            port=options.port,
            grpc_port=options.grpc_port,
            data=options.data,
            sample=options.sample,
            allow_unauthenticated=options.allow_unauthenticated,
        )
    except ValueError as error:
        print(f"rubricate serve: {error}", file=sys.stderr)
        return 2
    code: int = serve(settings)
    return code


def _version() -> int:
    from importlib.metadata import PackageNotFoundError, version

    for name in ("rubricate", "rubricate-server"):
        try:
            print(name, version(name))
        except PackageNotFoundError:
            print(name, "is not installed")
    return 0


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="rubricate", description=DESCRIPTION, epilog=EPILOG, formatter_class=shape, allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", metavar="command")
    serve = commands.add_parser(
        "serve",
        help="start the server: web page, REST API, and OpenTelemetry over HTTP and gRPC",
        description="Start the server: web page, REST API, and OpenTelemetry over HTTP and gRPC.",
        epilog=SERVE_EPILOG,
        formatter_class=shape,
        allow_abbrev=False,
    )
    serve.add_argument("--host", metavar="H", help="address to listen on (default 127.0.0.1: this machine only)")
    serve.add_argument("--port", metavar="N", type=_port, help="port of the web page, the API and OTLP/HTTP (6006)")
    serve.add_argument("--grpc-port", metavar="N", type=_port, help="port of OTLP/gRPC (4317)")
    serve.add_argument("--data", metavar="DIR", help="directory of the data; it is made if it is not there")
    serve.add_argument("--sample", action="store_true", default=None, help="put in a project of sample traces")
    serve.add_argument(
        "--allow-unauthenticated",
        action="store_true",
        default=None,
        help="listen on an address that other machines reach, although whoever reaches it may read and write",
    )
    commands.add_parser("version", help="print the versions", description="Print the versions.")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; it must be a number from 0 (any free one) to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
