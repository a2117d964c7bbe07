"""A host on the public internet, as far as a fetcher can tell: a real HTTPS listener with a certificate of its own."""

import asyncio
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpcore2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connections.document_fetch import Fetcher

HOST = "client.example.com"
PUBLIC = "93.184.215.14"


@dataclass
class Host:
    """What the listener answers with, and what was asked of it."""

    port: int
    trust: ssl.SSLContext
    answer: tuple = (200, {"Content-Type": "application/json"}, b"{}")
    asked: list = field(default_factory=list)
    dialled: list = field(default_factory=list)
    names: dict = field(default_factory=lambda: {HOST: [PUBLIC]})

    async def resolve(self, host, port):
        answers = self.names[host]
        return answers.pop(0) if answers and isinstance(answers[0], list) else answers

    async def dial(self, address, port):
        """Stand for the internet between us and the host. Only addresses that were checked come here."""
        self.dialled.append(address)
        return await httpcore2.AnyIOBackend().connect_tcp("127.0.0.1", self.port)

    def fetcher(self):
        return Fetcher(resolve=self.resolve, dial=self.dial, tls=self.trust)

    def fetch(self, path="/client.json", host=HOST):
        return asyncio.run(self.fetcher().fetch(f"https://{host}{path}"))


@contextmanager
def host(folder):
    """Run the listener. `answer` may be a function of the handler that writes as it likes."""
    certificate, trust = _certificate(folder)
    running = Host(port=0, trust=trust)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            running.asked.append(self.path)
            if callable(running.answer):
                running.answer(self)
                return
            status, headers, body = running.answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            """Clients hang up on purpose here."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    running.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()


def _certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    file = folder / "host.pem"
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(key.private_bytes(*plain) + pem)
    return file, ssl.create_default_context(cadata=pem.decode())
