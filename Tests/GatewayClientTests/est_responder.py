"""A small EST server for tests: est_responder.py DIRECTORY [--mode MODE] [--skew SECONDS] [--name HOST]

Makes a CA and a certificate of its own in DIRECTORY where there is none, prints "ready PORT HASH-OF-ROOT", and answers as
central does (docs/identity.md). One ticket: the secret in DIRECTORY/secret, good once, and once more for the same key.
MODE is what goes wrong: a refusal's code, "html", "redirect", "stranger" (another key's certificate), "proxy" or
"tunnel" (an HTTP proxy that refuses, or lets everything through). With --seconds the certificates live so long, and serials are followed: current, previous and next.
A file "denied" denies the gateway; "hold-WHAT" keeps the answer to WHAT back while it is there (renewal-before,
renewal-after, next, proven). Everything is told on standard error.
"""
import argparse, base64, datetime, hashlib, http.server, os, socket, ssl, subprocess, sys, threading, time

arguments = argparse.ArgumentParser()
arguments.add_argument("directory")
arguments.add_argument("--mode", default="")
arguments.add_argument("--skew", type=int, default=0)
arguments.add_argument("--name", default="127.0.0.1")
arguments.add_argument("--seconds", type=int, default=0)
settings = arguments.parse_args()
os.makedirs(settings.directory, exist_ok=True)
os.chdir(settings.directory)


def openssl(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, check=True, capture_output=True).stdout


def sign(request, name, extensions, issuer="issuing"):
    with open(f"{name}.ext", "w") as file:
        file.write(extensions)
    words = ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-set_serial", "0x" + os.urandom(12).hex()]
    if issuer == name:
        words = ["-signkey", f"{name}.key"]
    openssl("x509", "-req", "-in", request, *words, "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.pem")


def make(name, extensions, issuer):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")
    openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
    sign(f"{name}.csr", name, extensions, issuer)


if not os.path.exists("root.pem"):
    make("root", "basicConstraints=critical,CA:TRUE\n", "root")
    make("issuing", "basicConstraints=critical,CA:TRUE\n", "root")
kind = "IP" if settings.name[0].isdigit() else "DNS"
make("server", f"subjectAltName={kind}:{settings.name}\nextendedKeyUsage=serverAuth\n", "issuing")
with open("chain.pem", "wb") as chain:
    chain.write(open("server.pem", "rb").read() + open("issuing.pem", "rb").read())


def sign_shortly(request, serial):
    """As sign, for a gateway's certificate that ends within seconds."""
    for name, text in (("index", ""), ("serial", serial)):
        with open(name, "w") as file:
            file.write(text)
    with open("ca.conf", "w") as file:
        file.write(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n"
            "unique_subject=no\n[p]\ncommonName=supplied\n[e]\nextendedKeyUsage=clientAuth\n")
    now = datetime.datetime.now(datetime.timezone.utc)
    start, end = (
        (now + datetime.timedelta(seconds=seconds)).strftime("%Y%m%d%H%M%SZ") for seconds in (0, settings.seconds))
    openssl(
        "ca", "-batch", "-config", "ca.conf", "-extensions", "e", "-cert", "issuing.pem", "-keyfile", "issuing.key", "-in",
        request, "-out", "leaf.pem", "-startdate", start, "-enddate", end, "-notext")


def hold(what):
    told = False
    while os.path.exists("hold-" + what):
        if not told:
            say("holding", what)
        told = True
        time.sleep(0.05)


def pipe(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def say(*words):
    print(*words, file=sys.stderr, flush=True)


serials = {}
lock = threading.RLock()


def bundle(*files):
    words = [word for file in files for word in ("-certfile", file)]
    return base64.b64encode(openssl("crl2pkcs7", "-nocrl", *words, "-outform", "DER"))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def date_time_string(self, timestamp=None):
        return super().date_time_string(time.time() + settings.skew)

    def log_message(self, form, *words):
        say(self.command, self.path, *words)

    def accepted(self):
        """Whether the certificate may be used; answers where it may not."""
        if not self.connection.getpeercert():
            self.answer(401)
            return False
        serial = self.connection.getpeercert()["serialNumber"].lower()
        with lock:
            state = serials.get(serial, "closed")
            if os.path.exists("denied"):
                self.refuse("gateway_denied")
                return False
            if settings.seconds and state == "closed":
                self.refuse("serial_unknown")
                return False
        if state == "next":
            hold("next")
            with lock:
                self.retire("previous", "closed")
                self.retire("current", "previous")
                serials[serial] = "current"
        say("serial", serial, serials.get(serial))
        return True

    def retire(self, old, new):
        for serial, state in serials.items():
            if state == old:
                serials[serial] = new

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, code, status=403):
        self.answer(status, b'{"error":"%s"}' % code.encode(), Fieldgate_Error=code)

    def do_CONNECT(self):
        if settings.mode != "tunnel":
            return self.answer(403)
        host, port = self.path.rsplit(":", 1)
        other = socket.create_connection((host, int(port)))
        self.send_response(200)
        self.end_headers()
        threading.Thread(target=pipe, args=(other, self.connection), daemon=True).start()
        pipe(self.connection, other)
        self.close_connection = True

    def do_GET(self):
        if settings.mode == "html":
            return self.answer(200, b"<html>Please log in</html>", Content_Type="text/html")
        if settings.mode == "redirect":
            return self.answer(302, Location="http://login.example/")
        if self.path == "/.well-known/est/cacerts":
            return self.answer(200, bundle("issuing.pem", "root.pem"))
        if self.accepted():
            self.answer(200, b'{"position":0}')

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/v1/certificate/proven":
            hold("proven")
            if self.accepted():
                with lock:
                    self.retire("previous", "closed")
                self.answer(204)
            return
        if self.path.startswith("/v1/"):
            if self.accepted():
                self.answer(503, b'{"error":"unavailable"}', Retry_After="1")
            return
        if settings.mode and settings.mode != "stranger":
            return self.refuse(settings.mode)
        if self.path.endswith("/simplereenroll"):
            hold("renewal-before")
            if not self.accepted():
                return
        with lock:
            self.issue(body)

    def issue(self, body):
        with open("request.csr", "wb") as file:
            file.write(openssl("req", "-inform", "DER", data=base64.b64decode(body)))
        name = "gateway"
        if self.path.endswith("/simpleenroll"):
            name, secret = base64.b64decode(self.headers.get("Authorization", "")[6:]).decode().split(":")
            key = hashlib.sha256(openssl("req", "-in", "request.csr", "-noout", "-pubkey")).hexdigest()
            if secret != open("secret").read():
                return self.refuse("ticket_unknown", 401)
            if os.path.exists("used") and open("used").read() != key:
                return self.refuse("ticket_used")
            open("used", "w").write(key)
        else:
            name = dict(pair[0] for pair in self.connection.getpeercert()["subject"])["commonName"]
        if settings.mode == "stranger":
            make("leaf", "extendedKeyUsage=clientAuth\n", "issuing")
        elif settings.seconds:
            serial = "01" + os.urandom(11).hex()
            sign_shortly("request.csr", serial)
            first = self.path.endswith("/simpleenroll")
            if first:
                serials.clear()
            self.retire("next", "closed")
            serials[serial] = "current" if first else "next"
            say("issued", serial)
        else:
            openssl("req", "-in", "request.csr", "-noout", "-verify")
            sign("request.csr", "leaf", "extendedKeyUsage=clientAuth\n")
        if self.path.endswith("/simplereenroll"):
            hold("renewal-after")
        self.answer(200, bundle("leaf.pem"))


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if settings.mode not in ("proxy", "tunnel"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("chain.pem", "server.key")
    context.load_verify_locations("root.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
digest = hashlib.sha256(openssl("x509", "-in", "root.pem", "-outform", "DER")).hexdigest()
print("ready", server.server_port, digest, flush=True)
server.serve_forever()
