"""A plain TLS sink for uploads: what a copy costs without any of central's work. One connection at a time.

usage: sink.py CERTIFICATES READY_FILE [STORE]

Asks for a client certificate as central does, reads the body of each request, and throws it away; with STORE it is
written to that file and synced at each MiB, as central syncs each request. READY_FILE gets the port.
"""

import os
import pathlib
import socket
import ssl
import sys

certificates, ready = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
store = os.open(sys.argv[3], os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600) if len(sys.argv) > 3 else None

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificates / "central.pem", certificates / "central.key")
context.load_verify_locations(certificates / "ca.pem")
context.verify_mode = ssl.CERT_REQUIRED
buffer = memoryview(bytearray(1 << 18))


def serve(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            return
        head += piece
    head, body = head.split(b"\r\n\r\n", 1)
    left = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    unsynced = 0
    while left:
        if body:
            piece, body = body, b""
        else:
            count = connection.recv_into(buffer, min(left, len(buffer)))
            if not count:
                return
            piece = buffer[:count]
        left -= len(piece)
        if store is not None:
            os.write(store, piece)
            unsynced += len(piece)
            if unsynced >= 1 << 20 or not left:
                os.fdatasync(store)
                unsynced = 0
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


listener = socket.create_server(("127.0.0.1", 0))
ready.write_text(str(listener.getsockname()[1]))
while True:
    accepted, _ = listener.accept()
    try:
        with context.wrap_socket(accepted, server_side=True) as connection:
            serve(connection)
    except OSError as error:
        print(error, file=sys.stderr)
