"""What is sent again, and what is not, when answers are lost. rest-api.md 3.2."""

import json
import re
import socket
import threading
from contextlib import contextmanager

import pytest

from cli.errors import NoConnection, Refused
from cli.transport import Api


def request_from(connection):
    """Return a whole request: closing with a part of it unread would reset the connection."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    while length and len(body) < int(length[1]):
        body += connection.recv(65536)
    return (head + b"\r\n\r\n" + body).decode()


@contextmanager
def server(*answers):
    """A server that gives one answer to each connection; None hangs up after the request."""
    heard = []

    def serve(listener):
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                heard.append(request_from(connection))
                if answer is not None:
                    status, body = answer
                    head = f"HTTP/1.1 {status} X\r\nConnection: close\r\nRetry-After: 0\r\nContent-Length: {len(body)}\r\n\r\n"
                    connection.sendall(head.encode() + body)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard


def ok(**body):
    return 200, json.dumps(body).encode()


def key_of(request):
    return next(line for line in request.split("\r\n") if line.lower().startswith("idempotency-key"))


def test_a_read_is_sent_again():
    with server(None, (503, b"{}"), ok(a=1)) as (host, heard):
        assert Api(host).call("GET", "/x") == {"a": 1}
    assert len(heard) == 3


def test_a_creation_is_sent_again_with_the_same_key():
    with server(None, ok(a=1)) as (host, heard):
        api = Api(host)
        assert api.call("POST", "/x", body={}, creates=True) == {"a": 1}
    assert api.is_repeated
    assert len({key_of(request) for request in heard}) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_change_without_a_key_is_sent_once(method):
    with server(None, ok()) as (host, heard):
        with pytest.raises(NoConnection, match="No answer"):
            Api(host).call(method, "/x")
        assert len(heard) == 1


def test_a_change_that_came_too_often_is_sent_again():
    with server((429, b"{}"), ok(a=1)) as (host, heard):
        assert Api(host).call("PATCH", "/x", body={"b": 2}) == {"a": 1}
    assert heard[0] == heard[1]


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (500, b"<html>", "not as Gatepost does"),
        (200, b"<html>", "did not answer with JSON"),
        (302, b"", "Set GATEPOST_HOST"),
        (400, b'{"status":"400","detail":"no such filter","scimType":"invalidFilter"}', "no such filter"),
        (400, b'{"error":"invalid_grant","error_description":"It was used."}', "It was used."),
        (503, b'{"status":"not ready","missing":["migrations"]}', "migrations"),
        (400, b'{"error_code":"X","message":"m","details":"odd"}', "m"),
    ],
)
def test_every_kind_of_refusal_is_told(status, body, told):
    with server((status, body)) as (host, _), pytest.raises(Refused, match=told):
        Api(host).call("GET", "/x", is_patient=False)
