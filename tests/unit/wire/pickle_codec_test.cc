#include <string>

#include <gtest/gtest.h>

#include "spread/wire/codec.h"
#include "spread/wire/json.h"
#include "wire_testing.h"

namespace spread::wire {
namespace {

using namespace std::string_literals;

std::unique_ptr<Codec> codec_with(const PickleOptions& options = {}, std::size_t max_frame = 1000) {
  return make_codec(Wire::Pickle, max_frame, options);
}

std::string answer(const std::string& bytes, const PickleOptions& options = {}) {
  const auto codec = codec_with(options);
  const auto seen = decode_all(*codec, bytes);
  return seen.size() == 1 ? seen[0].text : std::to_string(seen.size()) + " things";
}

Value payload_of(std::string_view hex) {
  Value value;
  value.body = Slice::copy_of(as_bytes(from_hex(hex)));
  return value;
}
std::string sent(const Value& value, const PickleOptions& options = {}) {
  ByteBuffer out;
  const auto codec = codec_with(options);
  const auto status = codec->encode_task(TaskId{7}, value, out);
  return status ? to_string(out) : "error: " + status.error().message;
}

const std::string kBusyClass = "cmine\nTooBusy\n";

TEST(PickleCodec, AnAnswerIsATupleOfThree) {
  EXPECT_EQ(answer("(I7\n(lp0\nS'a\\n'\naS'b'\naNt."),
            "ok nil value=07 text=\"\" number=0 so=\"a\nb\" se=\"\"");
  EXPECT_EQ(answer("(NS'all in one'\nU\x03"
                   "errt."),
            "ok nil value=c0 text=\"\" number=0 so=\"all in one\" se=\"err\"");
  EXPECT_FALSE(codec_with()->has_ids());
}

TEST(PickleCodec, SaysWhatAPickleIsThatIsNoAnswer) {
  const auto expected = [](const std::string& what) {
    return "it answered with " + what + " instead of a tuple (d, so, se)";
  };
  EXPECT_EQ(answer("N."), expected("None"));
  EXPECT_EQ(answer("I5\n."), expected("an integer"));
  EXPECT_EQ(answer("(I5\nI6\nt."), expected("a tuple of 2"));
  EXPECT_EQ(answer("](NNNe."), expected("a list of 3"));
  EXPECT_EQ(answer("}NNs."), expected("a dict of 1"));
  EXPECT_EQ(answer("S'x'\n."), expected("text"));
  EXPECT_EQ(answer("U\x01\xff."), expected("bytes"));
  EXPECT_EQ(answer("cmy\nThing\n)R."), expected("an object of my.Thing"));
  EXPECT_EQ(
      answer("(NI1\nNt."),
      "it answered with a tuple (d, so, se) in which so is an integer, and not a list of text");
  EXPECT_EQ(
      answer("(NN](Net."),
      "it answered with a tuple (d, so, se) in which se is a list of 1, and not a list of text");
}

TEST(PickleCodec, TooBusyIsKnownByTheLastPartOfItsName) {
  const std::string busy = "busy nil value= text=\"\" number=0.25 so=\"\" se=\"\"";
  for (
      const std::string& made :
      {"cgmisclib.spread_jobs\nTooBusy\n(F0.25\ntR"s, "(F0.25\ni__main__\nTooBusy\n"s,
       "(cspread_jobs\nTooBusy\nF0.25\no"s, "c__main__\nTooBusy\n)\x81}S'delay'\nF0.25\nsb"s,
       "\x8c\x01m\x8c\x0dOuter.TooBusy\x93)\x81}S'delay'\nF0.25\nsb"s,
       "c__main__\nTooBusy\n(F9.0\ntRN}S'delay'\nF0.25\ns\x86"
       "b"s,
       "ccopy_reg\n_reconstructor\n(c__main__\nTooBusy\nc__builtin__\nobject\nNtR}S'delay'\nF0.25\nsb"s}) {
    EXPECT_EQ(answer("(" + made + "NNt."), busy) << made;
  }
  EXPECT_EQ(answer("(cm\nTooBusyToo\n(I1\ntRNNt.").substr(0, 2), "ok");
}

TEST(PickleCodec, TheSecondElementOfARefusalIsItsReasonWhateverItIs) {
  EXPECT_EQ(answer("(" + kBusyClass + "(I2\ntRS'disk full'\nI9\nt."),
            "busy nil value= text=\"disk full\" number=2 so=\"\" se=\"\"");
  EXPECT_EQ(answer("(" + kBusyClass + "(I2\ntR](I1\nS'a'\neNt."),
            "busy nil value= text=\"[1,\"a\"]\" number=2 so=\"\" se=\"\"");
}

TEST(PickleCodec, ARefusalWithoutADelayIsNamed) {
  EXPECT_EQ(answer("(" + kBusyClass + ")RNNt."),
            "it answered with a TooBusy without a delay that is a number");
  EXPECT_EQ(answer("(" + kBusyClass + "(S'long'\ntRNNt."),
            "it answered with a TooBusy without a delay that is a number");
}

TEST(PickleCodec, ARemoteExceptionEndsTheRunOrItsTask) {
  const std::string bytes =
      "(c__main__\nRemoteException\n(S'ValueError'\nI7\ntR}(S'index'\nS'index=7'\nS'comment'\nNub"
      "(lS'out'\naNt.";
  ByteBuffer error;
  error.append(make_error("RemoteException", "ValueError: 7 (index=7)"));
  const std::string rest =
      " nil value=" + to_hex(error.view()) + " text=\"\" number=0 so=\"out\" se=\"\"";
  EXPECT_EQ(answer(bytes), "fatal" + rest);
  PickleOptions options;
  options.remote_is_error = true;
  EXPECT_EQ(answer(bytes, options), "error" + rest);
}

TEST(PickleCodec, WhatIsForeignIsCarriedAsThePickleOfTheResultAlone) {
  // ext 8 bytes, type 80: GLOBAL m X, STOP; the mark in front and what is behind are gone.
  EXPECT_EQ(answer("(cm\nX\nNNt."),
            "ok nil value=c70650" + to_hex("cm\nX\n."s) + " text=\"\" number=0 so=\"\" se=\"\"");
  const std::string framed = "\x80\x04\x95\x0b\0\0\0\0\0\0\0cm\nX\n\x94NN\x87\x94."s;
  EXPECT_EQ(answer(framed), "ok nil value=c70950" +
                                to_hex("\x80\x04"
                                       "cm\nX\n\x94."s) +
                                " text=\"\" number=0 so=\"\" se=\"\"");
}

TEST(PickleCodec, VerbatimMeansThatEveryResultIsCarriedSo) {
  PickleOptions options;
  options.verbatim = true;
  EXPECT_EQ(answer("(I7\nNNt.", options),
            "ok nil value=d650" + to_hex("I7\n."s) + " text=\"\" number=0 so=\"\" se=\"\"");
}

TEST(PickleCodec, APrintEndsTheWorkerAndItsLineIsShown) {
  const auto expected = [](const std::string& line, const std::string& why) {
    return "it wrote \"" + line + "\", which is no pickle (" + why + "); prints belong on stderr";
  };
  EXPECT_EQ(answer("Reading model\nmore\n"),
            expected("Reading model", "byte 1 (REDUCE) needs a value that is not there"));
  EXPECT_EQ(answer("Value: 3\n\x80\x02NNN\x87."),
            expected("Value: 3", "byte 10 (PROTO) stands behind what is no pickle"));
  EXPECT_EQ(answer("no newline"), expected("no newline", "byte 1 is no opcode"));
  EXPECT_EQ(
      answer("\x80\x02NNQ."),
      "it wrote what is no pickle: byte 5 (BINPERSID) is a persistent id, which says something "
      "to its own program only");
}

TEST(PickleCodec, OfALongPrintTheSameIsShownHoweverMuchOfItHasCome) {
  for (const std::size_t size : {79u, 80u, 81u, 200u}) {
    const std::string print(size, 'x');
    const Seen whole = decode_all(*codec_with(), print)[0];
    for (std::size_t cut = 1; cut < size; ++cut) {
      EXPECT_EQ(decode_all(*codec_with(), print, {cut})[0], whole) << size << ", cut at " << cut;
    }
    EXPECT_EQ(whole.text.find("...") != std::string::npos, size > 80) << whole.text;
  }
}

TEST(PickleCodec, TheRestOfALineThatIsNoPickleIsWaitedFor) {
  const auto codec = codec_with();
  Decoded decoded;
  codec->decode(as_bytes("Rea"), false, decoded);
  EXPECT_EQ(decoded.found, Found::NeedMore);
  codec->decode(as_bytes("Reading\n"), false, decoded);
  EXPECT_EQ(decoded.found, Found::Broken);
  EXPECT_NE(decoded.error.find("\"Reading\""), std::string::npos) << decoded.error;
}

TEST(PickleCodec, HalfAPickleAtTheEndIsNamed) {
  EXPECT_EQ(answer("(I7\nN"), "ended inside a pickle (after 5 bytes)");
}

TEST(PickleCodec, AResultThatIsTooMuchIsTheFailureOfItsTask) {
  ByteBuffer error;
  error.append(make_error("BadResult", "the answer is nested deeper than 256"));
  EXPECT_EQ(answer("(" + std::string(300, ']') + std::string(299, 'a') + "NNt."),
            "error nil value=" + to_hex(error.view()) + " text=\"\" number=0 so=\"\" se=\"\"");
  error.clear();
  error.append(make_error("BadResult",
                          "the answer has more than --max-frame 1000 bytes, with what it shares "
                          "written out"));
  std::string shared = "(](U\x64" + std::string(100, 'x') + "q\x01";
  for (int i = 0; i < 20; ++i) shared += "h\x01";
  EXPECT_EQ(answer(shared + "eNNt."),
            "error nil value=" + to_hex(error.view()) + " text=\"\" number=0 so=\"\" se=\"\"");
}

TEST(PickleCodec, ATaskIsItsPayloadOrAPair) {
  EXPECT_EQ(sent(payload_of("a161")),
            "\x80\x02U\x01"
            "a.");
  PickleOptions pair;
  pair.pair = true;
  EXPECT_EQ(sent(payload_of("a161"), pair),
            "\x80\x02K\x07U\x01"
            "a\x86.");
  EXPECT_EQ(sent(text_value(Slice::literal("line"))), "\x80\x02U\x04line.");
}

TEST(PickleCodec, APayloadThatCannotBeSentIsNamedAndNothingIsSent) {
  EXPECT_EQ(sent(payload_of("d40500")),
            "error: payload has an ext of type 5, which is nothing in Python");
  EXPECT_EQ(sent(payload_of("c50400 (61*1024)")),
            "error: payload has 1032 bytes as a pickle, more than --max-frame 1000 allows");
  ByteBuffer out;
  const auto status = codec_with()->encode_prep(payload_of("d40500"), out);
  EXPECT_EQ(status.error().message, "it has an ext of type 5, which is nothing in Python");
  EXPECT_EQ(out.size(), 0u);
}

}  // namespace
}  // namespace spread::wire
