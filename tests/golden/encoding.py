"""Values of the golden cases as msgpack, as JSON, and in the notation of README.md."""

import base64
import json
import math
import re
import struct


class Ext:
    def __init__(self, code, data):
        self.code, self.data = code, data


class Raw:
    """Bytes as they are, with the value that they stand for."""

    def __init__(self, data, value):
        self.data, self.value = data, value


def sized(n, small, small_limit, *headers):
    """The shortest header for n; headers are (first byte, struct format) from short to long."""
    if small is not None and n < small_limit:
        return bytes([small | n])
    for byte, form in headers:
        if n < 1 << (8 * struct.calcsize(form)):
            return bytes([byte]) + struct.pack(form, n)
    raise ValueError(n)


def pack_int(n):
    if 0 <= n < 128:
        return bytes([n])
    if n > 0:
        return sized(n, None, 0, (0xCC, ">B"), (0xCD, ">H"), (0xCE, ">I"), (0xCF, ">Q"))
    if n >= -32:
        return struct.pack(">b", n)
    for byte, form in ((0xD0, ">b"), (0xD1, ">h"), (0xD2, ">i"), (0xD3, ">q")):
        if n >= -(1 << (8 * struct.calcsize(form) - 1)):
            return bytes([byte]) + struct.pack(form, n)
    raise ValueError(n)


def pack_ext(ext):
    fixed = {1: 0xD4, 2: 0xD5, 4: 0xD6, 8: 0xD7, 16: 0xD8}.get(len(ext.data))
    if fixed:
        header = bytes([fixed])
    else:
        header = sized(len(ext.data), None, 0, (0xC7, ">B"), (0xC8, ">H"), (0xC9, ">I"))
    return header + struct.pack(">b", ext.code) + ext.data


def pack(v):
    if isinstance(v, Raw):
        return v.data
    if v is None or v is False or v is True:
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[v]
    if isinstance(v, int):
        return pack_int(v)
    if isinstance(v, float):
        return b"\xcb" + struct.pack(">d", v)
    if isinstance(v, str):
        b = v.encode()
        return sized(len(b), 0xA0, 32, (0xD9, ">B"), (0xDA, ">H"), (0xDB, ">I")) + b
    if isinstance(v, bytes):
        return sized(len(v), None, 0, (0xC4, ">B"), (0xC5, ">H"), (0xC6, ">I")) + v
    if isinstance(v, Ext):
        return pack_ext(v)
    if isinstance(v, list):
        head = sized(len(v), 0x90, 16, (0xDC, ">H"), (0xDD, ">I"))
        return head + b"".join(map(pack, v))
    head = sized(len(v), 0x80, 16, (0xDE, ">H"), (0xDF, ">I"))
    return head + b"".join(pack(k) + pack(x) for k, x in v.items())


def to_json(v):
    """Compact JSON of section 10, ASCII only."""
    if isinstance(v, Raw):
        return to_json(v.value)
    if isinstance(v, bytes):
        return to_json({"$bin": base64.b64encode(v).decode()})
    if isinstance(v, Ext):
        return to_json({"$ext": [v.code, base64.b64encode(v.data).decode()]})
    if isinstance(v, list):
        return "[" + ",".join(map(to_json, v)) + "]"
    if isinstance(v, dict):
        keys = ((k if isinstance(k, str) else to_json(k), x) for k, x in v.items())
        return "{" + ",".join(json.dumps(k) + ":" + to_json(x) for k, x in keys) + "}"
    if isinstance(v, float) and not math.isfinite(v):
        return "null"
    return json.dumps(v)


def describe(v):
    """The notation of README.md: JSON, with $bin, $ext, $float, $map; $msgpack for long ones."""
    if isinstance(v, Raw):
        return describe(v.value)
    if isinstance(v, (str, bytes, list)) and len(v) > 1000:
        return {"$msgpack": to_hex(pack(v))}
    if isinstance(v, bytes):
        return {"$bin": base64.b64encode(v).decode()}
    if isinstance(v, Ext):
        return {"$ext": [v.code, base64.b64encode(v.data).decode()]}
    if isinstance(v, float):
        return {"$float": repr(v)}
    if isinstance(v, list):
        return [describe(x) for x in v]
    if isinstance(v, dict):
        if all(isinstance(k, str) and not k.startswith("$") for k in v):
            return {k: describe(x) for k, x in v.items()}
        return {"$map": [[describe(k), describe(x)] for k, x in v.items()]}
    return v


def to_hex(data):
    """Hexadecimal, with (6162*1000) for one to four bytes that repeat."""
    out, at = [], 0
    for run in re.finditer(rb"(.{1,4}?)\1{64,}", data, re.DOTALL):
        unit = run.group(1)
        out += [
            data[at : run.start()].hex(),
            "(%s*%d)" % (unit.hex(), len(run.group()) // len(unit)),
        ]
        at = run.end()
    return "".join(out) + data[at:].hex()


def frame(body, newline=False):
    return b"\xc6" + struct.pack(">I", len(body)) + body + (b"\n" if newline else b"")


def message_of(body):
    id, kind, rest = body[0], body[1], body[2:]
    m = {"id": describe(id), "kind": kind}
    if kind == "ok":
        m["value"] = describe(rest[0])
    elif kind in ("error", "fatal"):
        m["error"] = describe(rest[0])
        if id is None:
            m["kind"] = "prep_error"
    elif kind == "busy":
        m["seconds"] = float(rest[0])
        m["text"] = rest[1] if len(rest) > 1 and rest[1] else ""
    elif kind == "progress":
        m["fraction"] = float(rest[0])
        m["text"] = rest[1] if len(rest) > 1 and rest[1] else ""
    elif kind == "log":
        m["text"] = rest[0]
        known = len(rest) > 1 and rest[1] in ("debug", "info", "warning", "error")
        m["level"] = rest[1] if known else "info"
    elif kind == "ask":
        task = rest[2] if len(rest) > 2 else None
        m["id"] = task if type(task) is int and task >= 0 else None
        op = rest[1] if len(rest) > 1 and isinstance(rest[1], str) else ""
        m.update(seq=rest[0], op=op, arguments=len(rest[3:]))
    elif kind == "stderr":
        m["text"] = rest[0]
    elif kind == "hello":
        m["hello"] = describe(rest[0])
    if kind in ("ok", "error", "fatal") and id is not None:
        for i, key in ((1, "so"), (2, "se")):
            text = rest[i] if len(rest) > i and rest[i] else ""
            m[key] = text.decode("latin-1") if isinstance(text, bytes) else text
    return m


def up_message(body):
    item = {"message": message_of(body)}
    if body[1] in ("ok", "error", "fatal", "hello"):
        item["value_hex"] = to_hex(pack(body[2]))
    if body[1] == "ask" and body[5:]:
        item["value_hex"] = to_hex(b"".join(map(pack, body[5:])))
    return item
