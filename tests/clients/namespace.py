"""A network and a hosts file that only this process and its children see."""

import fcntl
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from local.entra.hosts import GRAPH_HOSTS, LOGIN_HOSTS, MANAGEMENT_HOSTS

NAMES = sorted({*GRAPH_HOSTS, *LOGIN_HOSTS, *MANAGEMENT_HOSTS})
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
REQUEST = "16sh14s"


def enter_private_network() -> None:
    """Switch the loopback device on and lay a hosts file over the machine's, within the namespace alone."""
    bring_loopback_up()
    with tempfile.NamedTemporaryFile("w", suffix=".hosts", delete=False) as hosts:
        hosts.write("127.0.0.1 localhost\n" + "".join(f"127.0.0.1 {name}\n" for name in NAMES))
    Path(hosts.name).chmod(0o644)
    subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=True)


def bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        empty = struct.pack(REQUEST, b"lo", 0, b"")
        flags = struct.unpack(REQUEST, fcntl.ioctl(control, SIOCGIFFLAGS, empty))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack(REQUEST, b"lo", flags | IFF_UP, b""))
