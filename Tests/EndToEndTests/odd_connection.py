"""Connections to central as nobody's library makes them; see odd_client.py."""
import re, socket, ssl, sys, time, urllib.request

tls, port, metrics_port, pid = sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
contexts = {}

def connect(name):
    if name not in contexts:
        contexts[name] = ssl.create_default_context(cafile=f"{tls}/ca.pem")
        contexts[name].load_cert_chain(f"{tls}/{name}.pem", f"{tls}/{name}.key")
    plain = socket.create_connection(("127.0.0.1", port), timeout=60)
    return contexts[name].wrap_socket(plain, server_hostname="localhost")

def head(length, more=""):
    return f"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{more}\r\n".encode()

def answer(connection, more=b""):
    """Status, Retry-After and body; status 0 when the connection ended without an answer. While there is none, `more` is
    sent every two seconds."""
    connection.settimeout(2 if more else 60)
    got = b""
    while b"\r\n\r\n" not in got or len(got.partition(b"\r\n\r\n")[2]) < length_of(got):
        try:
            piece = connection.recv(65536)
            if not piece: break
            got += piece
        except TimeoutError:
            if not more: sys.exit("no answer for a minute")
            try: connection.sendall(more)
            except OSError: break
        except OSError: break
    found = re.match(rb"HTTP/1.1 (\d+)", got)
    after = re.search(rb"(?i)\r\nretry-after: *(\d+)", got)
    return {"status": int(found[1]) if found else 0, "retryAfter": int(after[1]) if after else 0,
            "text": got.partition(b"\r\n\r\n")[2].decode(errors="replace")}

def length_of(got):
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", got)
    return int(found[1]) if found else 0

def ask(name, *pieces):
    with connect(name) as connection:
        try:
            for piece in pieces: connection.sendall(piece)
        except OSError: pass
        return answer(connection)

def post(name, path):
    body = open(path, "rb").read()
    return ask(name, head(len(body)), body)

def position(name, more=""):
    return ask(name, f"GET /v1/positions/{'0' * 31}1/alarms{more} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

def peak():
    """Most memory that central has had, in kB."""
    return int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{pid}/status").read())[1])

def metric(name):
    text = urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics").read().decode()
    return int(float(re.search(rf"^fieldgate_central_{re.escape(name)} (.*)$", text, re.M)[1]))

def until(condition):
    for _ in range(600):
        if condition(): return
        time.sleep(0.1)
    sys.exit("waited a minute in vain: body_bytes is %d" % metric("body_bytes"))
