import sys, msgpack
i, o = sys.stdin.buffer, sys.stdout.buffer
while h := i.read(5):
    id, x = msgpack.unpackb(i.read(int.from_bytes(h[1:], "big")))
    try: a = [id, "ok", x * x]
    except Exception as e: a = [id, "error", {"type": type(e).__name__, "message": str(e)}]
    b = msgpack.packb(a); o.write(b"\xc6" + len(b).to_bytes(4, "big") + b); o.flush()
