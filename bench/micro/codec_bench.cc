// The codecs' share of a task. Times are for people; what CI holds is instructions, since those do
// not depend on the machine's mood: `codec_bench --benchmark_filter=X` under callgrind, or simply
// `perf stat -e instructions:u`. Bounds: docs/performance.md.

#include <string>

#include <benchmark/benchmark.h>

#include "spread/wire/codec.h"
#include "spread/wire/json.h"

namespace spread::wire {
namespace {

constexpr std::size_t kMaxFrame = std::size_t{1} << 30;

Value payload_of(std::size_t size) {
  return text_value(Slice::copy_of(as_bytes(std::string(size, 'x'))));
}

/// What a worker answers to `payload_of(size)` tasks that it echoes.
std::string answers(Wire wire, std::size_t size, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    const auto id = static_cast<unsigned>(100'000 + i);
    if (wire == Wire::Json) {
      bytes += "[" + std::to_string(id) + ",\"ok\",\"" + std::string(size, 'x') + "\"]\n";
      continue;
    }
    const Value value = payload_of(size);
    const std::size_t length = 9 + value.size();
    const auto byte = [](std::size_t n) { return static_cast<char>(n); };
    bytes += {'\xc6', byte(length >> 24), byte(length >> 16), byte(length >> 8), byte(length)};
    bytes += {'\x93', '\xce', byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)};
    bytes += "\xa2ok";
    bytes += as_text(value.head_view());
    bytes += as_text(value.body.view());
    bytes += '\n';
  }
  return bytes;
}

void encode_task(benchmark::State& state, Wire wire) {
  const auto codec = make_codec(wire, kMaxFrame);
  const Value payload = payload_of(static_cast<std::size_t>(state.range(0)));
  ByteBuffer out;
  std::uint64_t id = 100'000;
  for (auto _ : state) {
    if (out.size() > 65536) out.clear();
    benchmark::DoNotOptimize(codec->encode_task(TaskId{id++}, payload, out).has_value());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(encode_task, msgpack, Wire::Msgpack)->Arg(16)->Arg(1024);
BENCHMARK_CAPTURE(encode_task, json, Wire::Json)->Arg(16)->Arg(1024);
BENCHMARK_CAPTURE(encode_task, lines, Wire::Lines)->Arg(16)->Arg(1024);

void decode_ok(benchmark::State& state, Wire wire) {
  const auto codec = make_codec(wire, kMaxFrame);
  const std::string bytes = answers(wire, static_cast<std::size_t>(state.range(0)), 1000);
  ByteView rest;
  Decoded decoded;
  for (auto _ : state) {
    if (rest.empty()) rest = as_bytes(bytes);
    codec->decode(rest, false, decoded);
    rest = rest.subspan(decoded.size);
    benchmark::DoNotOptimize(decoded.message.value.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(decode_ok, msgpack, Wire::Msgpack)->Arg(16)->Arg(1024);
BENCHMARK_CAPTURE(decode_ok, json, Wire::Json)->Arg(16)->Arg(1024);

void text_to_value(benchmark::State& state) {
  const std::string line(static_cast<std::size_t>(state.range(0)), 'x');
  const Slice slice = Slice::copy_of(as_bytes(line));
  for (auto _ : state) benchmark::DoNotOptimize(text_value(slice).head_size);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(text_to_value)->Arg(16)->Arg(1024);

void json_value(benchmark::State& state, const char* json) {
  ByteBuffer out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(json_to_msgpack(json, out).has_value());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(std::string(json).size()));
}
BENCHMARK_CAPTURE(json_value, integer, "12345");
BENCHMARK_CAPTURE(json_value, text, "\"a line of text\"");
BENCHMARK_CAPTURE(json_value, record,
                  R"({"name": "n17", "x": [1.5, 2.25, -3e7], "tags": ["a", "b\n"], "ok": true})");

void value_to_json(benchmark::State& state, const char* json) {
  ByteBuffer value, out;
  if (!json_to_msgpack(json, value)) return state.SkipWithError("not JSON");
  JsonStyle style;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(msgpack_to_json(value.view(), out, style).has_value());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(value_to_json, integer, "12345");
BENCHMARK_CAPTURE(value_to_json, record,
                  R"({"name": "n17", "x": [1.5, 2.25, -3e7], "tags": ["a", "b\n"], "ok": true})");

/// A result of a million numbers: its end has to be found before it is passed on.
void scan_value(benchmark::State& state) {
  std::string json = "[0.5";
  for (int i = 1; i < state.range(0); ++i) json += ",0.5";
  ByteBuffer value;
  if (!json_to_msgpack(json + "]", value)) return state.SkipWithError("not JSON");
  for (auto _ : state) benchmark::DoNotOptimize(msgpack_size(value.view(), kMaxFrame).has_value());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(scan_value)->Arg(1'000'000);

}  // namespace
}  // namespace spread::wire
