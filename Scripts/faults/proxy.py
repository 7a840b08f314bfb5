"""A slow, unreliable line: TCP to 127.0.0.1:TARGET, RATE bytes/s each way, DELAY seconds late, resets in mid-stream.

usage: proxy.py PORT TARGET RATE DELAY RESETS SEED

Connections end with a reset after 1.5 to 20 kB sent to TARGET, until RESETS have; those open by then still may.
"""

import asyncio
import random
import socket
import struct
import sys

port, target, rate, seed = (int(sys.argv[i]) for i in (1, 2, 3, 6))
delay, resets = float(sys.argv[4]), int(sys.argv[5])
generator = random.Random(seed)
figures = {"connections": 0, "resets": 0, "bytes": 0}


class Reset(Exception):
    pass


async def carry(reader, writer, allowance):
    """Carries one direction; ALLOWANCE bytes of it, then a reset; None for no end."""
    loop = asyncio.get_running_loop()
    free = loop.time()
    carried = 0
    while piece := await reader.read(4096):
        carried += len(piece)
        if allowance is not None and carried > allowance:
            writer.write(piece[: len(piece) // 2])  # half of it, so that the body ends in its middle
            figures["resets"] += 1
            raise Reset
        free = max(free, loop.time()) + len(piece) / rate
        await asyncio.sleep(max(0.0, free - loop.time()) + delay)
        figures["bytes"] += len(piece)
        print(figures, flush=True)  # the last line is true at any moment
        writer.write(piece)
        await writer.drain()
    writer.write_eof()


def abort(writer):
    # Lingering 0 seconds makes close() send a reset (socket(7)).
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def serve(reader, writer):
    figures["connections"] += 1
    allowance = generator.randrange(1_500, 20_000) if figures["resets"] < resets else None
    far = None
    try:
        far_reader, far = await asyncio.open_connection("127.0.0.1", target)
        async with asyncio.TaskGroup() as group:
            group.create_task(carry(reader, far, allowance))
            group.create_task(carry(far_reader, writer, None))
    except* (OSError, Reset):
        pass
    finally:
        for end in (writer, far):
            if end is not None:
                abort(end)


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


asyncio.run(main())
