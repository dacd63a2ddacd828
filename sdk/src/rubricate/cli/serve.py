"""`rubricate serve`."""

import argparse

from rubricate.cli.terminal import Commands, Misused, add_command, port, server_part

EPILOG = """\
Every option is also a setting in the environment; the option wins:
  RUBRICATE_HOST  RUBRICATE_PORT  RUBRICATE_GRPC_PORT  RUBRICATE_DATA

examples:
  rubricate serve --sample              with traces to look at, on http://127.0.0.1:6006
  rubricate serve --port 7000 --grpc-port 7001 --data ./traces
                                        a second server, with ports and data of its own
  rubricate serve --host 0.0.0.0 --auth
                                        let other machines in, and have them sign in
"""


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    serve = add_command(
        commands, "serve", "start the server: web page, REST API, and OpenTelemetry over HTTP and gRPC", EPILOG, run
    )
    serve.add_argument("--host", metavar="H", help="address to listen on (default 127.0.0.1: this machine only)")
    serve.add_argument("--port", metavar="N", type=port, help="port of the web page, the API and OTLP/HTTP (6006)")
    serve.add_argument("--grpc-port", metavar="N", type=port, help="port of OTLP/gRPC (4317)")
    serve.add_argument("--data", metavar="DIR", help="directory of the data; it is made if it is not there")
    serve.add_argument("--sample", action="store_true", default=None, help="put in a project of sample traces")
    serve.add_argument(
        "--auth", action="store_true", default=None, help="have people sign in and programs send keys (RUBRICATE_AUTH)"
    )
    serve.add_argument(
        "--allow-unauthenticated",
        action="store_true",
        default=None,
        help="listen on an address that other machines reach, although whoever reaches it may read and write",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    with server_part():
        from rubricate_server.app import serve
        from rubricate_server.settings import load_settings
    try:
        settings = load_settings(
            host=options.host,
            port=options.port,
            grpc_port=options.grpc_port,
            data=options.data,
            sample=options.sample,
            auth=options.auth,
            allow_unauthenticated=options.allow_unauthenticated,
        )
    except ValueError as error:
        raise Misused(str(error)) from error
    code: int = serve(settings)
    return code
