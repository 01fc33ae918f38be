// The opcodes of pickles: what each is called, and what stands behind it (docs/pickle.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/wire/msgpack.h"

namespace spread::wire {

/// The values are those of the format.
enum class PickleCode : Byte {
  Mark = '(',
  Stop = '.',
  Pop = '0',
  PopMark = '1',
  Dup = '2',
  BinBytes = 'B',
  ShortBinBytes = 'C',
  Float = 'F',
  BinFloat = 'G',
  Int = 'I',
  BinInt = 'J',
  BinInt1 = 'K',
  Long = 'L',
  BinInt2 = 'M',
  None = 'N',
  PersId = 'P',
  BinPersId = 'Q',
  Reduce = 'R',
  String = 'S',
  BinString = 'T',
  ShortBinString = 'U',
  Unicode = 'V',
  BinUnicode = 'X',
  EmptyList = ']',
  Append = 'a',
  Build = 'b',
  Global = 'c',
  Dict = 'd',
  Appends = 'e',
  Get = 'g',
  BinGet = 'h',
  Inst = 'i',
  LongBinGet = 'j',
  List = 'l',
  Obj = 'o',
  Put = 'p',
  BinPut = 'q',
  LongBinPut = 'r',
  SetItem = 's',
  Tuple = 't',
  SetItems = 'u',
  EmptyDict = '}',
  EmptyTuple = ')',
  Proto = 0x80,
  NewObj = 0x81,
  Ext1 = 0x82,
  Ext2 = 0x83,
  Ext4 = 0x84,
  Tuple1 = 0x85,
  Tuple2 = 0x86,
  Tuple3 = 0x87,
  NewTrue = 0x88,
  NewFalse = 0x89,
  Long1 = 0x8a,
  Long4 = 0x8b,
  ShortBinUnicode = 0x8c,
  BinUnicode8 = 0x8d,
  BinBytes8 = 0x8e,
  EmptySet = 0x8f,
  AddItems = 0x90,
  FrozenSet = 0x91,
  NewObjEx = 0x92,
  StackGlobal = 0x93,
  Memoize = 0x94,
  Frame = 0x95,
  ByteArray8 = 0x96,
  NextBuffer = 0x97,
  ReadonlyBuffer = 0x98,
};

/// "BINGET"; empty if the byte is no opcode.
std::string_view pickle_code_name(Byte code);

struct PickleOp {
  PickleCode code{};
  std::size_t at = 0;   ///< its place in the pickle
  std::size_t end = 0;  ///< behind it and its argument
  /// Without the length in front, or the newline behind; of GLOBAL and INST both lines.
  ByteView argument;
};

enum class PickleScan : std::uint8_t {
  Complete,
  NeedMore,  ///< `op.end` is the least size of the pickle
  Unknown,   ///< no opcode
  TooLong,   ///< its argument does not fit into `max_bytes`, or a name is absurdly long
};

/// The opcode at `at`, of a pickle of which `bytes` are there. `searched`: up to where no newline
/// was found in an earlier call; it is kept up to date.
PickleScan scan_pickle_op(ByteView bytes, std::size_t at, std::size_t max_bytes,
                          std::size_t& searched, PickleOp& op);

/// The opcode at `at`, which has been scanned before.
PickleOp pickle_op_at(ByteView bytes, std::size_t at);

/// Little-endian, of 0 to 8 bytes.
std::uint64_t load_little(ByteView bytes);

/// The value that an opcode without children pushes, as the token that it is in msgpack; None
/// where it cannot be said there: an integer of more than 64 bits, half a surrogate pair, a name.
/// Text may be put into `scratch`. False if the argument is malformed.
bool read_pickle_scalar(const PickleOp& op, std::string& scratch, Token& token);

}  // namespace spread::wire
