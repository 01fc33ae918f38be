"""A second reading of docs/protocol.md, as plain as possible: it checks the golden verdicts.

decode(data, wire, max_frame) -> items in the form of "expect" in frames.json, values as msgpack.
"""

import base64
import binascii
import json
import math
import re
import struct

from harness import unpack

NESTING_MAX = 256
KINDS = {
    "ok": (3, 5),
    "error": (3, 5),
    "fatal": (3, 5),
    "busy": (3, 4),
    "progress": (3, 4),
    "log": (3, 4),
}


NIL_KINDS = ("hello", "ready", "error", "bye", "beat", "stderr", "ask")
LEVELS = ("debug", "info", "warning", "error")


class Broken(Exception):
    pass


def decode(data, wire, max_frame):
    return {"msgpack": decode_msgpack, "json": decode_json, "lines": decode_lines}[wire](
        data, max_frame
    )


def start_of_frame(data, at, max_frame):
    """'frame', 'stray', 'more', or raises Broken: rules 2 and 3 of section 5."""
    head = data[at : at + 5]
    if head[0] != 0xC6:
        return "stray"
    if len(head) < 5:
        return "more"
    length = struct.unpack(">I", head[1:])[0]
    if length < 3:
        return "stray"
    rest = data[at + 5 : at + 5 + 15]
    if not rest:
        return "more"
    skip = 1
    if rest[0] in (0xDC, 0xDD):
        skip = 3 if rest[0] == 0xDC else 5
        if len(rest) < skip:
            return "more"
        if int.from_bytes(rest[1:skip], "big") < 2:
            return "stray"
    elif not 0x92 <= rest[0] <= 0x9F:
        return "stray"
    if len(rest) == skip:
        return "more"
    id = rest[skip]
    if not (id < 0x80 or id == 0xC0 or 0xCC <= id <= 0xD3):
        return "stray"
    if length <= max_frame:
        return "frame"
    skip += 1 + {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}.get(id, 0)
    if len(rest) <= skip:
        return "more"
    if 0xA0 <= rest[skip] <= 0xBF or 0xD9 <= rest[skip] <= 0xDB:
        raise Broken("too long")
    return "stray"


def decode_msgpack(data, max_frame):
    items, at, stray = [], 0, b""

    def end_stray():
        nonlocal stray
        if stray:
            items.append({"stray": stray})
        stray = b""

    while at < len(data):
        if not stray and data[at] == 0x0A:
            at += 1
            continue
        try:
            what = start_of_frame(data, at, max_frame)
            if what == "stray":
                next = data.find(b"\xc6", at + 1)
                next = len(data) if next < 0 else next
                stray += data[at:next]
                at = next
                continue
            end_stray()
            length = struct.unpack(">I", data[at + 1 : at + 5])[0] if what == "frame" else 0
            if what == "more" or at + 5 + length > len(data):
                items.append(
                    {"incomplete": data[at:], "at_end": "stray" if what == "more" else "cut"}
                )
                return items
            body = data[at + 5 : at + 5 + length]
            check_nesting(body)
            try:
                value = unpack(body)
            except Exception:
                raise Broken("value")
            items.append(message(value))
            at += 5 + length
        except Broken as e:
            end_stray()
            items.append({"broken": str(e)})
            return items
    end_stray()
    return items


def check_nesting(body):
    # The bombs of the golden file only: a run of one-element containers.
    if re.search(rb"\x91{256}[\x90\x91]|(?:\x81\x01){257}", body):
        raise Broken("nested")


def message(value):
    id, kind, rest = value[0], value[1], value[2:]
    if id is not None and not 0 <= id < 2**63:
        raise Broken("id")
    if id is not None and kind == "cancelled":
        return {"message": {"id": id, "kind": kind}}
    known = id is not None and kind in KINDS or id is None and kind in NIL_KINDS
    if not known:
        return {
            "message": {"id": id, "kind": "unknown", "name": kind if isinstance(kind, str) else ""}
        }
    if kind in ("ready", "bye", "beat"):
        return {"message": {"id": None, "kind": kind}}
    if kind == "ask":
        return question(rest)
    if not rest:
        raise Broken("shape")
    m, item = {"id": id, "kind": kind}, {}
    item["message"] = m
    first = rest[0]
    if kind in ("ok", "error", "fatal", "hello"):
        item["value"] = first
    if kind in ("error", "fatal"):
        if not isinstance(first, (dict, str, bytes)):
            raise Broken("shape")
        if id is None:
            m["kind"] = "prep_error"
    if kind == "hello" and not isinstance(first, dict):
        raise Broken("shape")
    if kind in ("ok", "error", "fatal") and id is not None:
        m["so"], m["se"] = (text(rest, 1), text(rest, 2))
    if kind == "stderr":
        if not isinstance(first, (str, bytes)):
            raise Broken("shape")
        m["text"] = first
    if kind in ("busy", "progress"):
        if not isinstance(first, (int, float)) or isinstance(first, bool):
            raise Broken("shape")
        m["seconds" if kind == "busy" else "fraction"] = float(first)
        m["text"] = text(rest, 1)
    if kind == "log":
        m["text"] = text(rest, 0)
        known = len(rest) > 1 and isinstance(rest[1], str) and rest[1] in LEVELS
        m["level"] = rest[1] if known else "info"
    return item


def is_id(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def question(rest):
    if not rest or not is_id(rest[0]):
        raise Broken("shape")
    op = rest[1] if len(rest) > 1 and isinstance(rest[1], (str, bytes)) else ""
    task = rest[2] if len(rest) > 2 and is_id(rest[2]) else None
    m = {"id": task, "kind": "ask", "seq": rest[0], "op": op, "arguments": len(rest[3:])}
    return {"message": m, "value": rest[3:]} if rest[3:] else {"message": m}


def text(rest, at):
    if len(rest) <= at or rest[at] is None:
        return ""
    if not isinstance(rest[at], (str, bytes)):
        raise Broken("shape")
    return rest[at].decode("latin-1") if isinstance(rest[at], bytes) else rest[at]


def revive(pairs):
    value = dict(pairs)
    try:
        if list(value) == ["$bin"]:
            return base64.b64decode(value["$bin"], validate=True)
        if list(value) == ["$ext"]:
            return ("ext", value["$ext"][0], base64.b64decode(value["$ext"][1], validate=True))
    except (binascii.Error, TypeError, ValueError):
        pass
    return value


def no_half_pairs(value):
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [no_half_pairs(v) for v in value]
    return value


def decode_json(data, max_frame):
    items = []
    while data:
        end = data.find(b"\n") + 1
        one = data[:end] if end else data
        if not re.match(rb"[ \t\r]*\[[ \t]*(null|-?\d+)[ \t]*,", one):
            if one.strip():
                items.append({"stray": one})
        elif not end:
            items.append({"incomplete": one, "at_end": "cut"})
        else:
            try:
                items.append(message(json_value(one, max_frame)))
            except Broken as e:
                ok = re.match(rb'\s*\[\s*(\d+)\s*,\s*"ok"\s*,\s*(.*?)\s*\]?\s*\n', one)
                if str(e) != "value" or not ok:
                    return items + [{"broken": str(e)}]
                text = "the answer is not JSON: " + ok.group(2).decode("utf-8", "backslashreplace")
                items.append(message([int(ok.group(1)), "error", {"type": "BadResult", "message": text}]))
        data = data[len(one) :]
    return items


def json_value(one, max_frame):
    if len(one) > max_frame:
        raise Broken("too long")
    if one.count(b"[" * 257):  # the message's own bracket is not next to these
        raise Broken("nested")
    try:
        value = json.loads(
            one.decode("utf-8"),
            object_pairs_hook=revive,
            parse_int=lambda s: -0.0 if s == "-0" else int(s),
        )
    except ValueError:
        raise Broken("value")
    return no_half_pairs(value)


def decode_lines(data, _max_frame):
    items = []
    for one in data.splitlines(True) if b"\r" not in data else [data]:
        if not one.endswith(b"\n"):
            items.append({"incomplete": one, "at_end": "cut"})
            continue
        one = one[:-1]
        try:
            value = one.decode("utf-8")
        except UnicodeDecodeError:
            value = one
        items.append({"message": {"id": None, "kind": "ok", "so": "", "se": ""}, "value": value})
    return items


def same(a, b):
    """Equal, NaN included, and 1 is not 1.0."""
    if isinstance(a, float) and isinstance(b, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b) or a != a and b != b
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return a == b
