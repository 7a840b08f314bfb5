"""A Modbus line whose devices misbehave, each in its own way. Only Python's own library.

usage: faulty_server.py tcp [PORT] | rtu
Prints `ready PORT-OR-DEVICE`. Ends with stdin. Registers hold, four at a time, the time at which their request came in:
nanoseconds of CLOCK_MONOTONIC, so that a reply tells which request it answers. Bits hold their address modulo 3 = 0.
Writes with functions 5 and 6 are echoed; input register 60000 counts those that arrived, those of the dead unit, too.
Function 43 gives a maker and a product.

Each unit answers in order, one request after the other; units do not wait for each other.
"""

import os
import queue
import random
import socket
import struct
import sys
import threading
import time
import tty

LATE = 0.5  # seconds; the tests' time-out is half of it
PROMPT, LATE_ONCE, DEAD, BAD_CRC, GARBAGE, CUT, OTHER_UNIT, WRONG_LENGTH, ONE_BEHIND, HANG_UP, DRIBBLE = range(1, 12)
MOODY, REFUSES, NO_SUCH_EXCEPTION, WRONG_FUNCTION, BUSY, TWICE, WRONG_TRANSACTION = range(12, 19)


def crc(data):
    value = 0xFFFF
    for octet in data:
        value ^= octet
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


def answer(request, arrival, writes):
    """Function and data of a right reply."""
    if request[0] == 43:
        return bytes([43, 14, 1, 1, 0, 0, 2, 0, 4]) + b"Acme" + bytes([1, 2]) + b"X1"
    function, address, count = struct.unpack(">BHH", request)
    if function in (5, 6):
        return request
    if (function, address) == (4, 60000):
        return struct.pack(">BB", 4, 2 * count) + struct.pack(">H", writes) * count
    if function <= 2:
        bits = [(address + i) % 3 == 0 for i in range(count)]
        octets = [sum(bit << n for n, bit in enumerate(bits[i : i + 8])) for i in range(0, count, 8)]
        return bytes([function, len(octets), *octets])
    words = struct.pack(">Q", arrival) * ((count + 3) // 4)
    return bytes([function, count * 2]) + words[: count * 2]


class Unit(threading.Thread):
    """One device: takes its requests in order, and replies through `send(unit, transaction, pdu)`."""

    def __init__(self, number):
        super().__init__(daemon=True)
        self.number, self.inbox, self.count, self.writes = number, queue.Queue(), 0, 0
        self.held, self.random = None, random.Random(number)
        self.start()

    def run(self):
        while True:
            self.count += 1
            self.handle(*self.inbox.get())

    def handle(self, send, transaction, request, arrival):
        self.writes += request[0] in (5, 6)
        pdu, number = answer(request, arrival, self.writes), self.number
        if request[0] == 4 and number in (DEAD, REFUSES):
            number = PROMPT
            send(self.number, transaction, pdu)
            return
        if number == DEAD:
            return
        if number == LATE_ONCE and self.count % 7 == 1:
            time.sleep(LATE)
        if number == MOODY:
            time.sleep(self.random.choice([0] * 12 + [0.05, LATE / 2, LATE, LATE * 2]))
        if number == ONE_BEHIND:
            self.held, (transaction, pdu) = (transaction, pdu), self.held or (transaction, b"")
            if not pdu:
                return
        if number == WRONG_LENGTH:
            pdu = pdu[:1] + bytes([len(pdu)]) + pdu[2:] + b"\x00\x00"
        if number == REFUSES or (number == BUSY and self.count % 2):
            pdu = bytes([pdu[0] | 0x80, 6 if number == BUSY else 2])
        if number == NO_SUCH_EXCEPTION:
            pdu = bytes([pdu[0] | 0x80, 200])
        if number == WRONG_FUNCTION:
            pdu = bytes([pdu[0] ^ 7]) + pdu[1:]
        if number == WRONG_TRANSACTION:
            transaction ^= 0x0100
        send(number, transaction, pdu)
        if number == TWICE:
            send(number, transaction, pdu)


class Line:
    """What all units of one line or server share."""

    def __init__(self):
        self.units = {}

    def take(self, send, unit, transaction, request):
        device = self.units.setdefault(unit, None) or Unit(unit)
        self.units[unit] = device
        device.inbox.put((send, transaction, request, time.clock_gettime_ns(time.CLOCK_MONOTONIC)))


def serial_line():
    line, lock = Line(), threading.Lock()
    master, end = os.openpty()
    tty.setraw(end)
    place = os.ttyname(end)

    def send(unit, _, pdu):
        frame = bytes([OTHER_UNIT + 100 if unit == OTHER_UNIT else unit]) + pdu
        frame += crc(frame)
        if unit == BAD_CRC:
            frame = frame[:-1] + bytes([frame[-1] ^ 0x40])
        if unit == GARBAGE:
            frame = bytes([unit]) + random.Random(len(frame)).randbytes(40)
        if unit == CUT:
            frame = frame[: len(frame) // 2]
        with lock:
            if unit == DRIBBLE:
                for octet in frame:
                    os.write(master, bytes([octet]))
                    time.sleep(0.1)
            else:
                os.write(master, frame)

    def serve():
        data = b""
        while chunk := os.read(master, 4096):
            data += chunk
            # Every request that a master may send here has 8 bytes, or 7 with function 43; a byte out of step is passed over.
            while len(data) >= 7:
                if data[1] == 43 and crc(data[:5]) == data[5:7]:
                    line.take(send, data[0], 0, data[1:5])
                    data = data[7:]
                elif len(data) < 8:
                    break
                elif crc(data[:6]) == data[6:8]:
                    line.take(send, data[0], 0, data[1:6])
                    data = data[8:]
                else:
                    data = data[1:]

    threading.Thread(target=serve, daemon=True).start()
    return place


def tcp_server(port):
    line = Line()
    listener = socket.create_server(("127.0.0.1", port))

    def serve(client):
        def send(unit, transaction, pdu):
            try:
                frame = struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu
                if unit == GARBAGE:
                    frame = b"HTTP/1.0 400 Bad Request\r\n\r\n"
                if unit == DRIBBLE:
                    for octet in frame:
                        client.sendall(bytes([octet]))
                        time.sleep(0.1)
                else:
                    client.sendall(frame[: len(frame) // 2] if unit == CUT else frame)
                if unit == HANG_UP:
                    client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

        stream = client.makefile("rb")
        try:
            while len(header := stream.read(7)) == 7:
                transaction, _, length, unit = struct.unpack(">HHHB", header)
                line.take(send, unit, transaction, stream.read(length - 1))
        except OSError:
            pass
        client.close()

    def accept():
        while True:
            client, _ = listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


if sys.argv[1] == "tcp":
    where = tcp_server(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
else:
    where = serial_line()
print(f"ready {where}", flush=True)
sys.stdin.read()
os._exit(0)
