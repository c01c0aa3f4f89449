"""What must be true before a server starts; each thing that is not is told in one line."""

import errno
import os
import socket
import tempfile
from pathlib import Path

import psycopg

OLDEST = 15


class CannotStart(Exception):
    """The server may not start; the message is one line that says why and what to do."""


def check_folder(folder: Path) -> None:
    """Makes the data folder if absent; raises CannotStart when it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CannotStart(
            f"The data folder {folder} cannot be written ({error.strerror}); "
            "choose another with DATA_DIR=folder (FIELDBEAT_DATA_DIR)."
        ) from error


def listen(host: str, port: int) -> socket.socket:
    """Opens the port and returns its listening socket; raises CannotStart when that cannot be had."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, proto)
    except OSError as error:
        raise CannotStart(f"FIELDBEAT_HOST={host} is not an address of this machine ({error.strerror}).") from error
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(2048)
    except OSError as error:
        opened.close()
        raise CannotStart(_why_not(error, host, port)) from error
    return opened


def _why_not(error: OSError, host: str, port: int) -> str:
    other = port + 1 if 1024 <= port < 65535 else 8000
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is in use; stop what uses it, or choose another with PORT={other} (FIELDBEAT_PORT)."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"FIELDBEAT_HOST={host} is not an address of this machine; use 127.0.0.1, or 0.0.0.0 for every network."
    return f"Port {port} of {host} cannot be opened ({os.strerror(error.errno or 0)}); choose another with PORT={other} (FIELDBEAT_PORT)."


def check_database(uri: str) -> None:
    """Connects once; raises CannotStart when the database is out of reach, too old or not in UTF-8."""
    try:
        with psycopg.connect(uri, connect_timeout=5) as connection:
            version = connection.info.server_version // 10000
            encoding = connection.info.parameter_status("server_encoding")
    except psycopg.Error as error:
        said = next((line for line in str(error).splitlines() if line.strip()), "no reason given")
        raise CannotStart(f"The database of DATABASE_URL cannot be reached: {said.strip()}") from error
    if version < OLDEST:
        raise CannotStart(
            f"The database is PostgreSQL {version}, and Fieldbeat needs {OLDEST} or newer; upgrade it first."
        )
    if encoding != "UTF8":
        raise CannotStart(
            f"The database keeps its text as {encoding}, and Fieldbeat needs UTF8; create it with ENCODING 'UTF8'."
        )


def check_redis(url: str) -> None:
    """Asks Redis once; raises CannotStart when it is out of reach."""
    # Here, because the library takes longer to load than all others of a start, and few use it.
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except RedisError as error:
        raise CannotStart(
            "The Redis of REDIS_URL cannot be reached; start it, correct the address, or leave it out."
        ) from error
