"""Clients of central that behave badly: central_clients.py PORT CA CERTIFICATE KEY MODE COUNT

MODE is "idle": COUNT connections after their handshake; "silent": COUNT that say nothing at all, not even a handshake; "header": COUNT that send a byte of a
request's head every second. Prints "ready", then a line "closed" for each connection that central ends or answers, with
the status where there is one. Ends when standard input does.
"""
import select, socket, ssl, sys, threading, time

port, authority, certificate, key, mode, count = sys.argv[1:]
context = ssl.create_default_context(cafile=authority)
context.load_cert_chain(certificate, key)
connections = []
for _ in range(int(count)):
    raw = socket.create_connection(("127.0.0.1", int(port)))
    raw.settimeout(60)
    connections.append(raw if mode == "silent" else context.wrap_socket(raw, server_hostname="localhost"))
print("ready", flush=True)
if mode == "header":
    def drip(connection):
        try:
            for byte in b"GET /v1/gateways HTTP/1.1\r\nX-Slow: " + b"a" * 600:
                connection.sendall(bytes([byte]))
                time.sleep(1)
        except OSError:
            pass
    for connection in connections:
        threading.Thread(target=drip, args=(connection,), daemon=True).start()

def watch(connection):
    try:
        connection.settimeout(None)
        answer = connection.recv(4096)
        print("closed", answer[9:12].decode() or "-", flush=True)
    except (OSError, ssl.SSLError):
        print("closed -", flush=True)

for connection in connections:
    threading.Thread(target=watch, args=(connection,), daemon=True).start()
sys.stdin.read()
