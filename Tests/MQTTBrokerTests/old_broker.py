"""A broker that knows MQTT 3.1.1 and nothing newer: answers CONNECT, PINGREQ and SUBSCRIBE, and prints what it is asked.

usage: old_broker.py PORT refuse|close   how it treats version 5: by return code 1, or by closing without a word
"""
import socketserver
import sys


class Client(socketserver.BaseRequestHandler):
    def read(self, count):
        data = b""
        while len(data) < count:
            part = self.request.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def packet(self):
        kind = self.read(1)[0]
        length = shift = 0
        while True:
            byte = self.read(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return kind, self.read(length)

    def handle(self):
        try:
            while True:
                kind, body = self.packet()
                if kind >> 4 == 1:
                    # Length and "MQTT", then the level: 4 is 3.1.1, 5 is 5 (MQTT 5, 3.1.2.2).
                    level = body[6]
                    print(f"connect {level}", flush=True)
                    if level != 4:
                        if sys.argv[2] == "refuse":
                            self.request.sendall(bytes([0x20, 2, 0, 1]))
                        return
                    self.request.sendall(bytes([0x20, 2, 0, 0]))
                elif kind >> 4 == 8:
                    self.request.sendall(bytes([0x90, 3]) + body[:2] + bytes([1]))
                elif kind >> 4 == 12:
                    self.request.sendall(bytes([0xD0, 0]))
                elif kind >> 4 == 3:
                    print(f"publish {body.hex()}", flush=True)
        except (EOFError, OSError):
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", int(sys.argv[1])), Client) as server:
    print("ready", flush=True)
    server.serve_forever()
