"""Reads streams of client frames with the protocol of Python websockets, which does no I/O: one line in, one line out."""

import sys

from websockets.frames import OP_BINARY, OP_CLOSE, OP_CONT, OP_PING, OP_TEXT

try:
    from websockets.protocol import OPEN
    from websockets.server import ServerProtocol
except ImportError:  # before 11
    from websockets.connection import OPEN
    from websockets.server import ServerConnection as ServerProtocol

MAX_MESSAGE_BYTES = int(sys.argv[1])


def control(frame):
    if frame.opcode is not OP_CLOSE:
        return ("ping " if frame.opcode is OP_PING else "pong ") + frame.data.hex()
    code = int.from_bytes(frame.data[:2], "big") if frame.data else 1005
    return f"close {code} {frame.data[2:].hex()}"


def read(stream):
    """Events and the close code. Its connections decode a text when it is handed over, so that is done here."""
    connection = ServerProtocol(state=OPEN, max_size=MAX_MESSAGE_BYTES)
    connection.receive_data(stream)
    events, name, parts = [], None, []
    for frame in connection.events_received():
        if frame.opcode not in (OP_TEXT, OP_BINARY, OP_CONT):
            events.append(control(frame))
            continue
        if frame.opcode is not OP_CONT:
            name = "text" if frame.opcode is OP_TEXT else "binary"
        parts.append(frame.data)
        if not frame.fin:
            continue
        data = b"".join(parts)
        parts = []
        try:
            if name == "text":
                data.decode()
        except UnicodeDecodeError:
            return events, 1007
        events.append(f"{name} {data.hex()}")
    failed = connection.parser_exc is not None
    return events, connection.close_sent.code if failed else None


for line in sys.stdin:
    events, code = read(bytes.fromhex(line.strip()))
    print(",".join(events), "" if code is None else code, sep=";", flush=True)
