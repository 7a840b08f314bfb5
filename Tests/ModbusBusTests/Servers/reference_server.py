"""A Modbus server by an independent library, with known values of every type and order.

usage: reference_server.py tcp [PORT] | rtu
Prints one JSON line for each value, then `ready PORT-OR-DEVICE`. Unit 1 exists, others do not answer. Ends with stdin.
"""

import asyncio
import json
import os
import struct
import sys
import threading
import tty

try:
    from pymodbus.server import ModbusSerialServer, ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice
except ImportError as error:
    print(f"missing: {error}", flush=True)
    sys.exit(3)

VALUES = {
    "int16": ("h", [-12345, 32767, -32768, -1]),
    "uint16": ("H", [54321, 0, 65535, 258]),
    "int32": ("i", [-1234567890, 2147483647, -2147483648, 16909060]),
    "uint32": ("I", [4023233417, 0, 4294967295, 16909060]),
    "int64": ("q", [-1234567890123456789, 9223372036854775807, -9223372036854775808, 72623859790382856]),
    "uint64": ("Q", [0, 1, 9223372036854775807, 72623859790382856]),
    "float16": ("e", [1.5, -65504.0, 6e-8, 0.1]),
    "bcd16": ("BCD2", [0, 9999, 1234, 42]),
    "bcd32": ("BCD4", [0, 99999999, 12345678, 42]),
    "bcd64": ("BCD8", [0, 9999999999999999, 1234567890123456, 42]),
    "int8": ("h", [-128, 127, -1, 0]),
    "uint8": ("H", [0, 255, 128, 1]),
    "float32": ("f", [123.456, -0.0, 3.4028234663852886e38, 1e-45]),
    "float64": ("d", [123.456, -1e300, 5e-324, 0.1]),
    "bool": ("H", [0, 1, 256, 65535]),
}
ORDERS = {"big-big": (0, 0), "big-little": (0, 1), "little-big": (1, 0), "little-little": (1, 1)}


def packed(kind, value):
    """The bytes of a value; of decimals, two digits each."""
    if kind.startswith("BCD"):
        return bytes.fromhex(str(value).zfill(2 * int(kind[3:])))
    return struct.pack(">" + kind, value)


def words(kind, value, order):
    """The registers of a value, from its bytes, most significant first."""
    octets = packed(kind, value)
    pairs = [octets[i : i + 2] for i in range(0, len(octets), 2)]
    swap_words, swap_bytes = ORDERS[order]
    if swap_words:
        pairs.reverse()
    return [int.from_bytes(pair, "little" if swap_bytes else "big") for pair in pairs]


def registers(table, first):
    """Values from `first` on, some next to each other, some with small or large gaps, and what they are."""
    memory, address = {}, first
    for name, (kind, values) in VALUES.items():
        for order in ORDERS:
            for value in values:
                exact = value if kind.startswith("BCD") else struct.unpack(">" + kind, packed(kind, value))[0]
                text = str(bool(value)).lower() if name == "bool" else repr(exact)
                entry = {"table": table, "address": address, "type": name, "order": order, "value": text}
                print(json.dumps(entry))
                # A byte stands in the low half, whatever the order makes of that, and something else in the high one.
                patterns = words(kind, value, order)
                if name in ("int8", "uint8"):
                    low = value & 0xFF
                    patterns = [low << 8 | 0x5A if ORDERS[order][1] else 0x5A00 | low]
                for word in patterns:
                    memory[address] = word
                    address += 1
            address += 3
        address += 40
    # What lies between is defined too, so that reads across small gaps succeed; beyond, there is nothing.
    return [SimData(first, values=[memory.get(i, 0) for i in range(first, address)], datatype=DataType.REGISTERS)]


def bits(table, seed):
    states = [(i * seed) % 7 < 3 for i in range(2048)]
    for address in list(range(40)) + [100, 1000, 1001, 2046, 2047]:
        value = str(states[address]).lower()
        print(json.dumps({"table": table, "address": address, "type": "bool", "order": "big-big", "value": value}))
    return [SimData(0, values=states, datatype=DataType.BITS)]


def crossed_terminals():
    """Two terminals as the two ends of a serial cable."""
    (one, one_end), (two, two_end) = os.openpty(), os.openpty()
    for end in (one_end, two_end):
        tty.setraw(end)

    def copy(source, target):
        while data := os.read(source, 4096):
            os.write(target, data)

    for pair in ((one, two), (two, one)):
        threading.Thread(target=copy, args=pair, daemon=True).start()
    return os.ttyname(one_end), os.ttyname(two_end)


def silence(unit_at):
    """Keeps back the replies of units that are not there; the library would answer for them."""
    return lambda is_sending, data: b"" if is_sending and data[unit_at] != 1 else data


async def main():
    device = SimDevice(
        1,
        simdata=(bits("coil", 3), bits("discrete input", 5), registers("holding register", 0),
                 registers("input register", 10000)),
    )
    if sys.argv[1] == "tcp":
        port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
        server = ModbusTcpServer(device, address=("127.0.0.1", port), trace_packet=silence(6))
        await server.serve_forever(background=True)
        place = server.transport.sockets[0].getsockname()[1]
    else:
        near, place = crossed_terminals()
        server = ModbusSerialServer(device, port=near, baudrate=19200, parity="N", trace_packet=silence(0))
        await server.serve_forever(background=True)
    print(f"ready {place}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
