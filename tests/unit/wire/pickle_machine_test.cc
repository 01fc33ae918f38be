#include "spread/wire/pickle_machine.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spread/wire/json.h"
#include "spread/wire/pickle_value.h"
#include "spread/wire/pickle_writer.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

using namespace std::string_literals;

std::string run(const std::string& bytes, std::size_t max_bytes = 1000) {
  PickleMachine machine(max_bytes);
  switch (machine.advance(as_bytes(bytes))) {
    case PickleMachine::Step::NeedMore: return "needs " + std::to_string(machine.wanted());
    case PickleMachine::Step::Broken: return machine.error();
    case PickleMachine::Step::Complete: return "complete " + std::to_string(machine.size());
  }
  return {};
}

/// The value as JSON, or what it does not fit into.
std::string json_of(const std::string& bytes, std::size_t max_bytes = 1 << 20) {
  PickleMachine machine(PickleMachine::kBytesMax);
  if (machine.advance(as_bytes(bytes)) != PickleMachine::Step::Complete) return machine.error();
  const PickleSource source{as_bytes(bytes), machine.tree()};
  ByteBuffer value, json;
  JsonStyle style;
  switch (PickleConverter(source, max_bytes).convert(source.tree.root, value)) {
    case PickleFit::Foreign: return "foreign";
    case PickleFit::TooDeep: return "too deep";
    case PickleFit::TooLong: return "too long";
    case PickleFit::Fits: break;
  }
  EXPECT_TRUE(msgpack_to_json(value.view(), json, style));
  return to_string(json);
}

TEST(PickleMachine, EndsAtItsStopWhateverFollows) {
  EXPECT_EQ(run("N.N."), "complete 2");
  EXPECT_EQ(run("\x80\x02]."), "complete 4");
}

TEST(PickleMachine, NamesWhatIsRefused) {
  EXPECT_EQ(run("Pabc\n."),
            "byte 1 (PERSID) is a persistent id, which says something to its own program only");
  EXPECT_EQ(run("NQ."),
            "byte 2 (BINPERSID) is a persistent id, which says something to its own program only");
  for (const auto& [code, name] :
       {std::pair{"\x82\x01"s, "EXT1"}, {"\x83\x01\x01"s, "EXT2"}, {"\x84\x01\0\0\0"s, "EXT4"}}) {
    EXPECT_EQ(run(code + "."), "byte 1 ("s + name +
                                   ") is an extension code, which says something to its own "
                                   "program only");
  }
  EXPECT_EQ(run("\x97."), "byte 1 (NEXT_BUFFER) is for a buffer out of band, which is not here");
  EXPECT_EQ(run("\x80\x06N."), "byte 1 (PROTO) is for protocol 6; 0 to 5 are known");
}

TEST(PickleMachine, NamesWhatIsWrongAndWhere) {
  EXPECT_EQ(run("\n"), "byte 1 is no opcode");
  EXPECT_EQ(run("a"), "byte 1 (APPEND) needs a value that is not there");
  EXPECT_EQ(run("]t"), "byte 2 (TUPLE) needs a MARK that is not there");
  EXPECT_EQ(run("(0."), "byte 3 (STOP) ends with 0 values on the stack, and not with one");
  EXPECT_EQ(run("NN."), "byte 3 (STOP) ends with 2 values on the stack, and not with one");
  EXPECT_EQ(run("NNa"), "byte 3 (APPEND) adds to what is no container");
  EXPECT_EQ(run("}Na"), "byte 3 (APPEND) adds to what is no such container");
  EXPECT_EQ(run("(Nd"), "byte 3 (DICT) has a key without a value");
  EXPECT_EQ(run("N}b"), "byte 3 (BUILD) gives a state to what is no object");
  EXPECT_EQ(run("h\x05"), "byte 1 (BINGET) asks for memo entry 5, which is not there");
  EXPECT_EQ(run("I1x\n"), "byte 1 (INT) has a malformed argument");
  EXPECT_EQ(run("Fabc\n"), "byte 1 (FLOAT) has a malformed argument");
  EXPECT_EQ(run("S'a\n"), "byte 1 (STRING) has a malformed argument");
  EXPECT_EQ(run("V\\u00g0\n"), "byte 1 (UNICODE) has a malformed argument");
  EXPECT_EQ(run("]}\x93"), "byte 3 (STACK_GLOBAL) has a name that is no text");
  EXPECT_EQ(run("N\x80\x02."), "byte 2 (PROTO) stands behind what is no pickle");
}

TEST(PickleMachine, AMarkProtectsWhatIsBelowIt) {
  EXPECT_EQ(run("]N(a"), "byte 4 (APPEND) needs a value that is not there");
  EXPECT_EQ(run("](\x85"), "byte 3 (TUPLE1) needs a value that is not there");
  EXPECT_EQ(run("](0Na."), "complete 6");  // POP takes a mark away, too
}

TEST(PickleMachine, RefusesALengthBeforeItsBytesHaveCome) {
  EXPECT_EQ(run("T\xff\xff\xff\x7f"s), "byte 1 (BINSTRING) goes beyond --max-frame 1000");
  EXPECT_EQ(run("\x8b\xff\xff\xff\xff"s), "byte 1 (LONG4) goes beyond --max-frame 1000");
  EXPECT_EQ(run("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"s),
            "byte 1 (BINUNICODE8) goes beyond --max-frame 1000");
  EXPECT_EQ(run("\x80\x04\x95\xff\xff\0\0\0\0\0\0"s),
            "byte 3 (FRAME) goes beyond --max-frame 1000");
  EXPECT_EQ(run("N"s + std::string(500, '2') + std::string(600, '0')),
            "byte 1001 goes beyond --max-frame 1000");
  EXPECT_EQ(run("V" + std::string(1000, 'x')), "byte 1 (UNICODE) goes beyond --max-frame 1000");
  EXPECT_EQ(run("c" + std::string(5000, 'x'), 100000),
            "byte 1 (GLOBAL) goes beyond --max-frame 100000");
}

TEST(PickleMachine, SaysHowMuchItWants) {
  EXPECT_EQ(run(""), "needs 1");
  EXPECT_EQ(run("U\x05"
                "ab"),
            "needs 7");
  EXPECT_EQ(run("\x8e\x09\0"s), "needs 9");
  EXPECT_EQ(run("\x8e\x09\0\0\0\0\0\0\0"s), "needs 18");
  EXPECT_EQ(run("I12"), "needs 4");
}

TEST(PickleMachine, AMemoEntryOutOfProportionTakesNoMemory) {
  EXPECT_EQ(run("]r\xff\xff\xff\x7f."s),
            "byte 2 (LONG_BINPUT) is for memo entry 2147483647, which is out of all proportion");
  EXPECT_EQ(run("]p18446744073709551616\n."), "byte 2 (PUT) has a malformed argument");
  EXPECT_EQ(run("]p65536\ng65536\na."), "complete 17");
}

TEST(PickleMachine, LooksAtEachByteOnce) {
  // A million lists in pieces of one byte: quadratic would be 10^12 steps.
  std::string bytes = "](";
  for (int i = 0; i < 1000000; ++i) bytes += "]";
  bytes += "V" + std::string(1000000, 'x') + "\ne.";
  PickleMachine machine(std::size_t{1} << 30);
  std::size_t size = 0;
  while (machine.advance(as_bytes(std::string_view(bytes).substr(0, size))) ==
         PickleMachine::Step::NeedMore) {
    ASSERT_LT(size, bytes.size());
    ++size;
  }
  EXPECT_EQ(machine.size(), bytes.size());
}

TEST(PickleMachine, HasALimitOfContainers) {
  PickleMachine machine(1000, 10);
  const std::string bytes(11, ']');
  ASSERT_EQ(machine.advance(as_bytes(bytes)), PickleMachine::Step::Broken);
  EXPECT_EQ(machine.error(), "byte 11 (EMPTY_LIST) is container or call 11, of at most 10");
}

TEST(PickleValue, WhatIsSharedIsWrittenWhereverItStands) {
  EXPECT_EQ(json_of("(lp0\nI1\nap1\n0(g0\ng0\nt."), "[[1],[1]]");
}

TEST(PickleValue, AMemoBombOf40DoublingsIsRefusedAtOnce) {
  std::string bytes = "]q\0"s;
  for (int i = 1; i <= 40; ++i) {
    const char before = static_cast<char>(i - 1), index = static_cast<char>(i);
    bytes += "0]q"s + index + "(h" + before + "h" + before + "e";
  }
  EXPECT_EQ(json_of(bytes + ".", std::size_t{1} << 30), "too long");
}

TEST(PickleValue, DepthHasALimit) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), ']') +
           std::string(static_cast<std::size_t>(depth - 1), 'a') + ".";
  };
  EXPECT_EQ(json_of(nested(256)), std::string(256, '[') + std::string(256, ']'));
  EXPECT_EQ(json_of(nested(257)), "too deep");
  EXPECT_EQ(json_of(nested(1000000)), "too deep");
}

TEST(PickleValue, DepthCountsWhereAValueIsSharedLowerDown) {
  // A list of 200, met first at the top, stands a second time 100 deep.
  const std::string deep = std::string(200, ']') + std::string(199, 'a');
  const std::string holder = std::string(100, ']') + "h\0"s + std::string(100, 'a');
  EXPECT_EQ(json_of("(" + deep + "q\0"s + holder + "t."), "too deep");
}

TEST(PickleValue, WhatHoldsItselfIsForeign) {
  EXPECT_EQ(json_of("]q\0h\0a."s), "foreign");
  EXPECT_EQ(json_of("}q\0Nh\0s."s), "foreign");
}

TEST(PickleValue, NothingIsCalledAndWhatIsNotKnownIsForeign) {
  EXPECT_EQ(json_of("cos\nsystem\n(S'false'\ntR."), "foreign");
  EXPECT_EQ(json_of("c__builtin__\neval\n(S'1'\ntR."), "foreign");
  EXPECT_EQ(json_of("c__builtin__\nset\n."), "foreign");
  EXPECT_EQ(json_of("c__builtin__\nset\n(I1\ntR."), "foreign");
  EXPECT_EQ(json_of("c__builtin__\nset\n((I1\ntt}\x92."), "[1]");
  EXPECT_EQ(json_of("c__builtin__\nset\n((I1\ntt}S'a'\nNs\x92."), "foreign");
}

TEST(PickleValue, ALongChainOfCallsIsNoDeepRecursion) {
  std::string bytes;
  for (int i = 0; i < 200000; ++i) bytes += "c__builtin__\nbytes\n";
  bytes += "U\x01x";
  for (int i = 0; i < 200000; ++i) bytes += "\x85R";
  EXPECT_EQ(json_of(bytes + "."), "foreign");
}

TEST(PickleValue, SurrogatePairsOfPython2AreOneCharacter) {
  EXPECT_EQ(json_of("V\\ud83d\\ude00\n."), "\"\xf0\x9f\x98\x80\"");
  EXPECT_EQ(json_of("V\\ude00\n."), "foreign");
  EXPECT_EQ(json_of("V\\ud83dx\n."), "foreign");
  EXPECT_EQ(json_of("V\\U00110000\n."), "byte 1 (UNICODE) has a malformed argument");
}

TEST(PickleValue, IntegersOfAnyLengthAreReadIfTheirValueFits) {
  EXPECT_EQ(json_of("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\0."s), "18446744073709551615");
  EXPECT_EQ(json_of("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\xff."s), "foreign");
  EXPECT_EQ(json_of("\x8a\x09\0\0\0\0\0\0\0\x80\xff."s), "-9223372036854775808");
  EXPECT_EQ(json_of("\x8a\0."s), "0");
  EXPECT_EQ(json_of("L-9223372036854775809L\n."), "foreign");
  EXPECT_EQ(json_of("I+7\n."), "7");
  EXPECT_EQ(json_of("L" + std::string(4301, '1') + "\n."),
            "byte 1 (LONG) has a malformed argument");
}

TEST(PickleValue, FloatsBeyondADoubleAreWhatPythonMakesOfThem) {
  EXPECT_EQ(json_of("F1e-400\n."), "0");
  EXPECT_EQ(json_of("F-1e-400\n."), "-0");
  EXPECT_EQ(json_of("F5e-324\n."), "5e-324");
  // An infinity, of which JSON has none.
  EXPECT_EQ(json_of("F1e400\n."), "null");
  EXPECT_EQ(json_of("F-1e400\n."), "null");
}

std::string written(const std::string& hex) {
  ByteBuffer out;
  const std::string value = from_hex(hex);
  const Status status = msgpack_to_pickle(as_bytes(value), PickleBytes::Python3, out);
  return status ? to_string(out) : status.error().message;
}

TEST(PickleWriter, NamesWhatCannotBeSaid) {
  EXPECT_EQ(written("81 80 c0"), "has a map in a key, which no dict of Python can have");
  EXPECT_EQ(written("81 9180 c0"), "has a map in a key, which no dict of Python can have");
  EXPECT_EQ(written("d4 05 00"), "has an ext of type 5, which is nothing in Python");
  EXPECT_EQ(written("d5 50 4e4e"), "has an ext of type 80 with half a pickle in it");
  EXPECT_EQ(written("d5 50 4e61"),
            "has an ext of type 80 with no pickle in it: byte 2 (APPEND) needs a value that is not "
            "there");
  EXPECT_EQ(written("c7 03 50 4e2e2e"), "has an ext of type 80 with bytes behind its pickle");
  EXPECT_EQ(written("(91*257) 00"), "is nested deeper than 256");
}

TEST(PickleWriter, AWholePickleGoesOutAsItIs) { EXPECT_EQ(written("d5 50 4e2e"), "N."); }

TEST(PickleWriter, PicklesWithinAPickleKeepWhatTheyRemember) {
  // Each of the two lists is remembered by its number in its own pickle: (MEMOIZE, BINGET 0).
  ByteBuffer value, out;
  value.push_back(Byte{0x92});
  const std::string two = "\x80\x04(]\x94N]\x94h\x01t."s;
  append_pickle_ext(as_bytes(two), value);
  append_pickle_ext(as_bytes(two), value);
  ASSERT_TRUE(msgpack_to_pickle(value.view(), PickleBytes::Python3, out));
  EXPECT_EQ(json_of(to_string(out)), "[[[],null,[],[]],[[],null,[],[]]]");
}

}  // namespace
}  // namespace spread::wire
