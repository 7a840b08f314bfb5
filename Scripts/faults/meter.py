"""A metered line: carries TCP to 127.0.0.1:TARGET and notes how much it carried there, in slices of 50 ms.

usage: meter.py PORT TARGET RECORD

When it ends (SIGTERM), RECORD gets one line: bytes carried, most bytes in a second, connections, and seconds from the first to
the last byte. A second in which a connection began counts without what the TLS handshake sent: its first 4 kB.
"""

import asyncio
import pathlib
import signal
import sys

port, target, record = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
slices = {}
connections = 0
handshake = 4_000


async def carry(reader, writer, counted):
    carried = 0
    try:
        while piece := await reader.read(65536):
            if counted:
                beyond = max(0, carried + len(piece) - handshake) - max(0, carried - handshake)
                carried += len(piece)
                slot = int(asyncio.get_running_loop().time() * 20)
                slices[slot] = slices.get(slot, 0) + beyond
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(reader, writer):
    global connections
    connections += 1
    far_reader, far = await asyncio.open_connection("127.0.0.1", target)
    await asyncio.gather(carry(reader, far, True), carry(far_reader, writer, False))


async def main():
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with await asyncio.start_server(serve, "127.0.0.1", port):
        await stopping.wait()
    most = max((sum(slices.get(first + step, 0) for step in range(20)) for first in slices), default=0)
    seconds = (max(slices) - min(slices) + 1) / 20 if slices else 0
    record.write_text(f"{sum(slices.values())} {most} {connections} {seconds:.0f}\n")


asyncio.run(main())
