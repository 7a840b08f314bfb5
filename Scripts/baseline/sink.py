"""Takes what comes over TLS and throws it away: what curl alone can send, for Scripts/bench-drain.

usage: sink.py CERTIFICATES READY_FILE   the port is written to READY_FILE
"""
import os
import socket
import ssl
import sys

certificates, ready = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{certificates}/central.pem", f"{certificates}/central.key")
context.load_verify_locations(f"{certificates}/ca.pem")
context.verify_mode = ssl.CERT_REQUIRED
listener = socket.create_server(("127.0.0.1", 0))
with open(ready + ".new", "w") as file:
    file.write(str(listener.getsockname()[1]))
os.rename(ready + ".new", ready)
buffer = bytearray(1 << 18)
while True:
    plain, _ = listener.accept()
    with context.wrap_socket(plain, server_side=True) as connection:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        head, rest = head.split(b"\r\n\r\n", 1)
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        left = length - len(rest)
        while left > 0:
            received = connection.recv_into(buffer)
            if received == 0:
                break
            left -= received
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
