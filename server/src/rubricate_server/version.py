"""Which version this is, and which one of Phoenix it answers for."""

from importlib.metadata import version

VERSION = version("rubricate-server")

PHOENIX_VERSION = "20.26.1"
"""The public clients send a request only when the server's version is new enough; this is the one we were
measured against."""
