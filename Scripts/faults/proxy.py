"""A slow, unreliable line: TCP to 127.0.0.1:TARGET, RATE bytes/s each way, DELAY seconds late, resets in mid-stream.

usage: proxy.py PORT TARGET RATE DELAY RESET_CHANCE SEED    (RESET_CHANCE: of each piece of data, 0 to 1)
"""

import asyncio
import random
import socket
import struct
import sys

port, target, rate, seed = (int(sys.argv[i]) for i in (1, 2, 3, 6))
delay, chance = float(sys.argv[4]), float(sys.argv[5])
generator = random.Random(seed)
figures = {"connections": 0, "resets": 0, "bytes": 0}


class Reset(Exception):
    pass


async def carry(reader, writer, may_reset):
    loop = asyncio.get_running_loop()
    free = loop.time()
    while piece := await reader.read(4096):
        if may_reset and generator.random() < chance:
            writer.write(piece[: len(piece) // 2])  # half of it, so that the body ends in its middle
            figures["resets"] += 1
            raise Reset
        free = max(free, loop.time()) + len(piece) / rate
        await asyncio.sleep(max(0.0, free - loop.time()) + delay)
        figures["bytes"] += len(piece)
        writer.write(piece)
        await writer.drain()
    writer.write_eof()


def abort(writer):
    # Lingering 0 seconds makes close() send a reset (socket(7)).
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def serve(reader, writer):
    figures["connections"] += 1
    far = None
    try:
        far_reader, far = await asyncio.open_connection("127.0.0.1", target)
        async with asyncio.TaskGroup() as group:
            group.create_task(carry(reader, far, True))
            group.create_task(carry(far_reader, writer, True))
    except* (OSError, Reset):
        pass
    finally:
        for end in (writer, far):
            if end is not None:
                abort(end)
        print(figures, flush=True)


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


asyncio.run(main())
