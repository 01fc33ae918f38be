"""What the members of a gang say to each other through spread (docs/gangs.md): each call is a
question to the master. Outside of a gang size() is 1, and every call is the identity."""

import array
import os
import sys

from . import process
from .errors import GangFailed, Refused

OPS = ("sum", "product", "min", "max")
DTYPES = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")
# The formats of array.array and memoryview, by the kind of a dtype.
LETTERS = {"i": "bhilq", "u": "BHILQ", "f": "fd"}


def rank():
    """Which member of its gang this worker is, from 0."""
    return _place()[0]


def size():
    """How many members the gang has."""
    return _place()[1]


def is_root():
    """Whether rank() is 0."""
    return rank() == 0


number_of_workers = size


def barrier():
    """Returns when every member has called it."""
    if _in_gang():
        _collective("barrier", None)


def broadcast(value=None):
    """Rank 0's value, in every member."""
    if not _in_gang():
        return value
    return _decoded(_collective("broadcast", _encoded(value) if is_root() else None), value)


def allgather(value):
    """The list of every member's value, in rank order."""
    if not _in_gang():
        return [value]
    return [_decoded(v, value) for v in _collective("allgather", _encoded(value))]


def exchange(name, value):
    """A dict from rank to value, of all the others. They call it with the same name."""
    if not _in_gang():
        return {}
    found = _collective("exchange", [name, _encoded(value)])
    others = [peer for peer in range(size()) if peer != rank()]
    return {peer: _decoded(v, value) for peer, v in zip(others, found)}


def reduce(value, op="sum"):
    """In rank 0: the values, reduced in rank order; in the others None. A number, or an array, which is
    reduced element by element; of a numpy scalar in its own type. op: "sum", "product", "min", "max"."""
    return _reduced("reduce", value, op)


def allreduce(value, op="sum"):
    """The same in every member."""
    return _reduced("allreduce", value, op)


def gather(array, sizes):
    """In rank 0: all members' arrays in one, along the first axis; in the others None. `sizes` has the
    length of each member's first axis, and is the same in every member."""
    sizes = [int(length) for length in sizes]
    if _in_gang():
        return _decoded(_collective("gather", [sizes, _encoded(array)]), array)
    if sizes != [len(array)]:
        raise GangFailed("GangFailed", "rank 0: mismatched sizes: it sent %d along the first axis, and "
                         "sizes says %s" % (len(array), sizes))
    return array


def scatter(values=None):
    """This member's element of rank 0's list, or of what else can be iterated over, which has one for each."""
    if not is_root():
        return _decoded(_collective("scatter", None), None)
    try:
        values = iter(values)
    except TypeError:
        raise TypeError("scatter takes a list with an element for each member, and no %s"
                        % type(values).__name__) from None
    values = list(values)
    if _in_gang():
        return _decoded(_collective("scatter", [_encoded(v) for v in values]), values[0] if values else None)
    if len(values) != 1:
        raise GangFailed("GangFailed", "rank 0: it called scatter with what is no list of 1")
    return values[0]


def put(name, value):
    """Leaves a value for the others; in place of an earlier one of that name."""
    if _in_gang():
        _question("put", name, _encoded(value))


def get(name):
    """A dict from rank to value: what the others have put under that name so far. Does not wait."""
    if not _in_gang():
        return {}
    return {peer: _decoded(v, None) for peer, v in _question("get", name)}


def local_results(parameters, results):
    """A list in rank order of what each member has given: {"number": its rank, "parameters", "results"}."""
    if not _in_gang():
        return [{"number": 0, "parameters": parameters, "results": results}]
    found = _collective("allgather", [_encoded(parameters), _encoded(results)])
    return [{"number": number, "parameters": _decoded(p, parameters), "results": _decoded(r, results)}
            for number, (p, r) in enumerate(found)]


# ---- Questions -----------------------------------------------------------------------------------


def _place():
    channel = process.channel
    if channel is None or os.getpid() != channel.pid:
        return 0, 1
    return channel.meta.get("rank", 0), channel.meta.get("size", 1)


def _in_gang():
    # A gang of one has a master that counts: only without one is the call nothing but the identity.
    channel = process.channel
    return channel is not None and os.getpid() == channel.pid and "size" in channel.meta


def _question(op, *arguments):
    try:
        return process.channel.ask(op, *arguments)
    except Refused as e:
        if e.type == "GangFailed":
            raise GangFailed(e.type, e.message) from None
        raise


def _collective(kind, value):
    channel = process.channel
    try:
        result = channel.ask("collective", channel.rounds, kind, value)
    except Refused as e:
        raise GangFailed(e.type, e.message) from None
    channel.rounds += 1
    return result


def _reduced(kind, value, op):
    if op not in OPS:
        raise ValueError("%s: op is one of %s, and not %r" % (kind, ", ".join(OPS), op))
    if not _in_gang():
        return value
    if _is_array(value):
        return _decoded(_collective(kind, [op, _encoded(value)]), value)
    numpy_number = _is_numpy(value, "generic")
    if numpy_number and type(value).__name__ not in ("float64", "int64"):
        # Its own type is the one that must not overflow; these two are as wide as plain numbers.
        held = _numpy().asarray(value)
        result = _decoded(_collective(kind, [op, _encoded(held)]), held)
        return result if result is None else type(value)(result[()])
    plain = value.item() if hasattr(value, "item") else value  # another library's scalars
    result = _collective(kind, [op, plain])
    # JSON does not say that 3.0 is a float.
    return result if result is None else type(value if numpy_number else plain)(result)


# ---- Arrays --------------------------------------------------------------------------------------


def _numpy():
    """The module, where one can be had; not imported for those who use no arrays."""
    try:
        import numpy
        return numpy
    except ImportError:
        return None


def _is_numpy(value, name, module="numpy"):
    """Whether it is of that class, which is not imported to be asked."""
    module = sys.modules.get(module)
    return module is not None and isinstance(value, getattr(module, name))


def _is_array(value):
    return isinstance(value, (array.array, memoryview)) or _is_numpy(value, "ndarray")


def _encoded(value):
    """An array as a typed array, anything else as it is."""
    if not _is_array(value):
        return value
    if isinstance(value, (array.array, memoryview)):
        view = memoryview(value)
        dtype, data = _dtype_of_format(view.format, view.itemsize), view.tobytes()
        if sys.byteorder == "big":
            data = _items(dtype, data).tobytes()
    else:
        if _is_numpy(value, "MaskedArray", "numpy.ma"):
            raise TypeError("a masked array cannot be sent, for its mask would be lost: send filled(), or "
                            "data and mask")
        dtype = value.dtype.kind + str(value.dtype.itemsize)
        if dtype not in DTYPES:
            what = "an array" if value.shape else "a number"
            raise TypeError("%s of dtype %s cannot be sent" % (what, value.dtype))
        little = value.dtype.newbyteorder("<")
        view, data = value, value.astype(little, copy=False).tobytes()
    return {"dtype": dtype, "shape": list(view.shape), "data": data}


def _dtype_of_format(format, itemsize):
    letter = format.lstrip("@=<" if sys.byteorder == "little" else "@=")
    for kind, letters in LETTERS.items():
        if len(letter) == 1 and letter in letters:
            return kind + str(itemsize)
    raise TypeError("an array of format %r cannot be sent" % format)


def _decoded(value, like):
    """A typed array as an array of the type of `like`, if that is one; anything else as it is."""
    if not (isinstance(value, dict) and value.keys() == {"dtype", "shape", "data"}
            and isinstance(value["data"], bytes)):
        return value
    dtype, shape, data = value["dtype"], value["shape"], value["data"]
    numpy = None if isinstance(like, (array.array, memoryview)) else _numpy()
    if numpy:
        # Of a bytearray: an array that can be written to.
        found = numpy.frombuffer(bytearray(data), dtype="<" + dtype).reshape(shape)
        return found.astype(dtype, copy=False)
    items = _items(dtype, data, getattr(like, "typecode", ""))
    if len(shape) == 1 and not isinstance(like, memoryview):
        return items
    view = memoryview(items)
    # A memoryview has no shape with a 0 in it.
    return view if len(shape) == 1 or 0 in shape else view.cast("B").cast(items.typecode, shape)


def _items(dtype, data, preferred=""):
    """The numbers in little-endian bytes; or, of a machine of the other sort, those in its own. 8 bytes
    have two letters."""
    letters = LETTERS[dtype[0]]
    letter = next(c for c in preferred + letters
                  if c in letters and array.array(c).itemsize == int(dtype[1]))
    items = array.array(letter, data)
    if sys.byteorder == "big":
        items.byteswap()
    return items
