#include "spread/wire/pickle_opcodes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "spread/base/assert.h"

namespace spread::wire {
namespace {

/// What stands behind an opcode: so many bytes, lines, or a length of so many bytes and then as
/// many bytes as it says.
enum class Argument : std::uint8_t { None, Bytes, Lines, Counted };

struct Opcode {
  std::string_view name;
  Argument argument = Argument::None;
  std::uint8_t count = 0;
};

/// A module or a class has no longer name; text that is taken for one ends here.
constexpr std::size_t kNamesMax = 4096;

constexpr std::array<Opcode, 256> make_opcodes() {
  std::array<Opcode, 256> table{};
  const auto set = [&table](PickleCode code, std::string_view name,
                            Argument argument = Argument::None, std::uint8_t count = 0) {
    table[static_cast<Byte>(code)] = {name, argument, count};
  };
  using enum PickleCode;
  set(Mark, "MARK"), set(Stop, "STOP"), set(Pop, "POP"), set(PopMark, "POP_MARK");
  set(Dup, "DUP"), set(None, "NONE"), set(Reduce, "REDUCE"), set(EmptyList, "EMPTY_LIST");
  set(Append, "APPEND"), set(Build, "BUILD"), set(Dict, "DICT"), set(Appends, "APPENDS");
  set(List, "LIST"), set(Obj, "OBJ"), set(SetItem, "SETITEM"), set(Tuple, "TUPLE");
  set(SetItems, "SETITEMS"), set(EmptyDict, "EMPTY_DICT"), set(EmptyTuple, "EMPTY_TUPLE");
  set(BinPersId, "BINPERSID"), set(NewObj, "NEWOBJ"), set(Tuple1, "TUPLE1");
  set(Tuple2, "TUPLE2"), set(Tuple3, "TUPLE3"), set(NewTrue, "NEWTRUE");
  set(NewFalse, "NEWFALSE"), set(EmptySet, "EMPTY_SET"), set(AddItems, "ADDITEMS");
  set(FrozenSet, "FROZENSET"), set(NewObjEx, "NEWOBJ_EX"), set(StackGlobal, "STACK_GLOBAL");
  set(Memoize, "MEMOIZE"), set(NextBuffer, "NEXT_BUFFER");
  set(ReadonlyBuffer, "READONLY_BUFFER");
  set(Float, "FLOAT", Argument::Lines, 1), set(Int, "INT", Argument::Lines, 1);
  set(Long, "LONG", Argument::Lines, 1), set(PersId, "PERSID", Argument::Lines, 1);
  set(String, "STRING", Argument::Lines, 1), set(Unicode, "UNICODE", Argument::Lines, 1);
  set(Get, "GET", Argument::Lines, 1), set(Put, "PUT", Argument::Lines, 1);
  set(Global, "GLOBAL", Argument::Lines, 2), set(Inst, "INST", Argument::Lines, 2);
  set(BinFloat, "BINFLOAT", Argument::Bytes, 8), set(BinInt, "BININT", Argument::Bytes, 4);
  set(BinInt1, "BININT1", Argument::Bytes, 1), set(BinInt2, "BININT2", Argument::Bytes, 2);
  set(BinGet, "BINGET", Argument::Bytes, 1), set(LongBinGet, "LONG_BINGET", Argument::Bytes, 4);
  set(BinPut, "BINPUT", Argument::Bytes, 1), set(LongBinPut, "LONG_BINPUT", Argument::Bytes, 4);
  set(Proto, "PROTO", Argument::Bytes, 1), set(Frame, "FRAME", Argument::Bytes, 8);
  set(Ext1, "EXT1", Argument::Bytes, 1), set(Ext2, "EXT2", Argument::Bytes, 2);
  set(Ext4, "EXT4", Argument::Bytes, 4);
  set(ShortBinBytes, "SHORT_BINBYTES", Argument::Counted, 1);
  set(ShortBinString, "SHORT_BINSTRING", Argument::Counted, 1);
  set(ShortBinUnicode, "SHORT_BINUNICODE", Argument::Counted, 1);
  set(Long1, "LONG1", Argument::Counted, 1), set(Long4, "LONG4", Argument::Counted, 4);
  set(BinBytes, "BINBYTES", Argument::Counted, 4);
  set(BinString, "BINSTRING", Argument::Counted, 4);
  set(BinUnicode, "BINUNICODE", Argument::Counted, 4);
  set(BinUnicode8, "BINUNICODE8", Argument::Counted, 8);
  set(BinBytes8, "BINBYTES8", Argument::Counted, 8);
  set(ByteArray8, "BYTEARRAY8", Argument::Counted, 8);
  return table;
}
constexpr std::array<Opcode, 256> kOpcodes = make_opcodes();

PickleScan need_more(PickleOp& op, std::size_t size) {
  op.end = size;
  return PickleScan::NeedMore;
}

/// `lines` lines from `from` on.
PickleScan scan_lines(ByteView bytes, std::size_t from, std::size_t lines, std::size_t max_bytes,
                      std::size_t& searched, PickleOp& op) {
  // Of two lines the first is looked for again, with the second: they are short.
  std::size_t at = lines == 1 ? std::max(from, searched) : from;
  const std::size_t limit = lines == 1 ? max_bytes : std::min(max_bytes, from + kNamesMax);
  for (std::size_t left = lines; left > 0; --left) {
    const ByteView rest = bytes.subspan(at);
    const void* const found = rest.empty() ? nullptr : std::memchr(rest.data(), '\n', rest.size());
    if (found == nullptr) {
      searched = bytes.size();
      if (bytes.size() >= limit) return PickleScan::TooLong;
      return need_more(op, bytes.size() + 1);
    }
    at = static_cast<std::size_t>(static_cast<const Byte*>(found) - bytes.data()) + 1;
  }
  if (at > limit) return PickleScan::TooLong;
  op.argument = bytes.subspan(from, at - 1 - from);
  op.end = at;
  return PickleScan::Complete;
}

}  // namespace

std::string_view pickle_code_name(Byte code) { return kOpcodes[code].name; }

std::uint64_t load_little(ByteView bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) number |= std::uint64_t{bytes[i]} << (8 * i);
  return number;
}

PickleScan scan_pickle_op(ByteView bytes, std::size_t at, std::size_t max_bytes,
                          std::size_t& searched, PickleOp& op) {
  op = PickleOp{};
  op.at = at;
  if (at >= max_bytes) return PickleScan::TooLong;
  if (at >= bytes.size()) return need_more(op, at + 1);
  const Opcode& opcode = kOpcodes[bytes[at]];
  op.code = PickleCode{bytes[at]};
  std::size_t from = at + 1;
  std::uint64_t size = opcode.count;
  switch (opcode.argument) {
    case Argument::None:
      if (opcode.name.empty()) return PickleScan::Unknown;
      break;
    case Argument::Bytes: break;
    case Argument::Lines: return scan_lines(bytes, from, opcode.count, max_bytes, searched, op);
    case Argument::Counted:
      if (bytes.size() - from < size) return need_more(op, from + opcode.count);
      size = load_little(bytes.subspan(from, opcode.count));
      from += opcode.count;
      break;
  }
  if (size > max_bytes || from + size > max_bytes) return PickleScan::TooLong;
  const std::size_t end = from + static_cast<std::size_t>(size);
  if (end > bytes.size()) return need_more(op, end);
  op.argument = bytes.subspan(from, end - from);
  op.end = end;
  return PickleScan::Complete;
}

PickleOp pickle_op_at(ByteView bytes, std::size_t at) {
  PickleOp op;
  std::size_t searched = 0;
  const PickleScan scan = scan_pickle_op(bytes, at, bytes.size(), searched, op);
  SPREAD_ASSERT(scan == PickleScan::Complete);
  return op;
}

}  // namespace spread::wire
