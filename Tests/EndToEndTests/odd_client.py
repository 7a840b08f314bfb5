"""Clients of central that mean no good. Usage: odd_client.py SCENARIO TLS-DIRECTORY PORT METRICS-PORT PID [ARGUMENT]...
Prints one JSON object with what happened; OddClient.swift reads it."""
import json, resource, sys
from concurrent.futures import ThreadPoolExecutor
from odd_connection import answer, connect, head, metric, peak, position, post, until

LARGEST = 4 << 20

def flood(batch, other, *names):
    """Whole bodies but for their last bytes, as many as central takes; then one more; then all end."""
    before, held = peak(), [connect(name) for name in names for _ in range(16)]
    for connection in held: connection.sendall(head(LARGEST) + bytes(LARGEST - 64))
    until(lambda: metric("body_bytes") == 256 << 20)
    result = {"other": post(other, batch), "own": post(names[0], batch), "grown": peak() - before,
              "refused": metric('refused_total{reason="memory"}')}
    for connection in held: connection.close()
    until(lambda: metric("body_bytes") == 0)
    return result | {"after": post(other, batch)}

def greed(batch, other, greedy):
    """As many bodies as one gateway may have, and another gateway beside it."""
    held = [connect(greedy) for _ in range(16)]
    for connection in held: connection.sendall(head(LARGEST) + bytes(LARGEST - 64))
    until(lambda: metric("body_bytes") == 64 << 20)
    result = {"own": post(greedy, batch), "other": post(other, batch)}
    for connection in held: connection.close()
    until(lambda: metric("body_bytes") == 0)
    return result | {"after": post(greedy, batch)}

def slow(gateway, stranger):
    """A body of a byte every two seconds, until central has enough; the same from somebody who may not send."""
    connections = [connect(name) for name in (gateway, stranger)]
    for connection in connections: connection.sendall(head(LARGEST) + b"F")
    with ThreadPoolExecutor() as pool:
        body, refused = pool.map(answer, connections, [b"x"] * 2)
    ended = answer(connections[1], b"x")["status"] == 0
    return {"body": body, "refused": refused, "ended": ended, "counted": metric('refused_total{reason="too-slow"}')}

def send(name, *paths):
    """Each file as the body of a request."""
    before = peak()
    return {"answers": [post(name, path) for path in paths], "grown": peak() - before, "position": position(name)}

resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
scenarios = {"flood": flood, "greed": greed, "slow": slow, "send": send}
print(json.dumps(scenarios[sys.argv[1]](*sys.argv[6:])))
