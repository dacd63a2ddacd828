"""From where a request comes, also behind proxies."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def client_address(peer: str, forwarded: Iterable[str], trusted: Sequence[Network]) -> str:
    """The nearest address that is not a trusted proxy's; `peer` is who connected.

    `forwarded` are the values of `X-Forwarded-For`. Each proxy adds to their end from where it was asked, so what
    comes before the last address that is not trusted was written by whoever asks, and proves nothing.
    """
    chain = [each for line in forwarded for each in line.split(",")]
    address = _address(peer)
    while address is not None and any(address in network for network in trusted):
        before = _address(chain.pop()) if chain else None
        if before is None:
            break
        address = before
    return peer if address is None else str(address)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Of what proxies write: 192.0.2.1, 192.0.2.1:4711, 2001:db8::1, [2001:db8::1]:4711; None: anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
