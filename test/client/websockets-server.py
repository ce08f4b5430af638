"""An echo server of Python's websockets, which says on which port it listens and ends with its input."""

import asyncio
import sys

import websockets


async def echo(socket, _path=None):
    async for message in socket:
        await socket.send(message)


async def main():
    server = await websockets.serve(
        echo, "127.0.0.1", 0, max_size=None, subprotocols=["chat.v2"], ping_interval=None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()
    await server.wait_closed()


asyncio.run(main())
