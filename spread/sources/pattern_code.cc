#include "spread/sources/pattern_code.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <fmt/format.h>

#include <algorithm>
#include <new>

namespace spread {
namespace {

// What the interpreter may remember of the ways that it has not tried yet.
constexpr std::uint32_t kHeapMaxKib = 64 << 10;
// Machine code passes over 16 bytes in about the time of a step.
constexpr std::size_t kBytesPerStep = 16;

struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};

template <typename T>
T* checked(T* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

std::uint32_t options_of(const PatternCode::Spec& spec, PatternCode::Kind kind) {
  using Kind = PatternCode::Kind;
  std::uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
  if (spec.multiline) options |= PCRE2_MULTILINE;
  // Else ^ does not match behind a newline at the end, and what follows would not be waited for.
  if (kind == Kind::Stream || kind == Kind::CountedStream || kind == Kind::Window) {
    options |= PCRE2_ALT_CIRCUMFLEX;
  }
  if (kind == Kind::Counted || kind == Kind::CountedStream) options |= PCRE2_AUTO_CALLOUT;
  return options;
}

std::uint32_t jit_options_of(PatternCode::Kind kind) {
  switch (kind) {
    case PatternCode::Kind::Whole:
    case PatternCode::Kind::Counted: return PCRE2_JIT_COMPLETE;
    case PatternCode::Kind::Window: return PCRE2_JIT_PARTIAL_HARD;
    case PatternCode::Kind::Stream:
    case PatternCode::Kind::CountedStream: break;
  }
  return PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD;
}

std::size_t longest_capture(const pcre2_callout_block& at) {
  std::size_t longest = 0;
  for (std::uint32_t group = 1; group < at.capture_top; ++group) {
    const PCRE2_SIZE* place = at.offset_vector + 2 * std::size_t{group};
    if (place[0] == PCRE2_UNSET || place[1] < place[0]) continue;
    longest = std::max(longest, place[1] - place[0]);
  }
  return longest;
}

}  // namespace

std::string PatternCode::describe(int error) {
  if (error == PCRE2_ERROR_HEAPLIMIT) {
    return fmt::format("no answer within {} MiB of memory", kHeapMaxKib >> 10);
  }
  PCRE2_UCHAR text[256];
  const int length = pcre2_get_error_message(error, text, sizeof text);
  if (length < 0) return fmt::format("error {} of PCRE2", error);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)};
}

void PatternCode::Free::operator()(pcre2_code* code) const { pcre2_code_free(code); }
void PatternCode::Free::operator()(pcre2_match_context* context) const {
  pcre2_match_context_free(context);
}
void PatternCode::Free::operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }

struct PatternCode::Counter {
  PatternSteps& steps;
  bool compares_captures = false;
  bool passed = false;
  std::size_t last = 0;
};

Result<PatternCode> PatternCode::compile(const Spec& spec, Kind kind) {
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> how(
      checked(pcre2_compile_context_create(nullptr)));
  // As Perl, whatever the library was built with.
  pcre2_set_newline(how.get(), PCRE2_NEWLINE_LF);
  pcre2_set_bsr(how.get(), PCRE2_BSR_UNICODE);
  int error = 0;
  PCRE2_SIZE place = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(spec.text.data()), spec.text.size(),
                                   options_of(spec, kind), &error, &place, how.get());
  if (code == nullptr) {
    const std::string where =
        place < spec.text.size() ? fmt::format("at byte {}", place + 1) : std::string("at the end");
    return fail(fmt::format("{}, {} of the pattern", describe(error), where));
  }
  PatternCode compiled;
  compiled.code_.reset(code);
  // Where that is forbidden (SELinux, systemd's MemoryDenyWriteExecute) the pattern is interpreted.
  pcre2_jit_compile(code, jit_options_of(kind));
  compiled.context_.reset(checked(pcre2_match_context_create(nullptr)));
  pcre2_set_heap_limit(compiled.context_.get(), kHeapMaxKib);
  pcre2_set_depth_limit(compiled.context_.get(), UINT32_MAX);
  compiled.data_.reset(checked(pcre2_match_data_create(1, nullptr)));
  std::uint32_t references = 0;
  pcre2_pattern_info(code, PCRE2_INFO_BACKREFMAX, &references);
  compiled.compares_captures_ = references > 0;
  return compiled;
}

bool PatternCode::anchored() const {
  std::uint32_t options = 0;
  pcre2_pattern_info(code_.get(), PCRE2_INFO_ALLOPTIONS, &options);
  return (options & PCRE2_ANCHORED) != 0;
}

/// PCRE2 calls it in front of each item of the pattern that it tries.
int PatternCode::count(pcre2_callout_block* at, void* counter) {
  Counter& count = *static_cast<Counter*>(counter);
  PatternSteps& steps = count.steps;
  if (at->start_match >= steps.places_end) {
    steps.places_end = at->start_match;
    count.passed = true;
    return PCRE2_ERROR_CALLOUT;
  }
  std::size_t bytes = at->current_position > count.last ? at->current_position - count.last : 0;
  count.last = at->current_position;
  // Where a back-reference fails, it may have compared all of them before.
  if (count.compares_captures) bytes += longest_capture(*at);
  steps.done += 1 + bytes / kBytesPerStep;
  return steps.done > steps.max ? PCRE2_ERROR_CALLOUT : 0;
}

PatternCode::Outcome PatternCode::run(const Run& run) {
  if (run.steps_max != steps_max_) {
    steps_max_ = run.steps_max;
    pcre2_set_match_limit(context_.get(), steps_max_);
  }
  std::uint32_t options = 0;
  if (run.nonempty) options |= PCRE2_NOTEMPTY_ATSTART;
  if (run.goes_on) options |= PCRE2_PARTIAL_HARD;
  // Before 10.40 null is not taken for the start of an empty subject.
  const Byte* subject = run.subject.empty() ? as_bytes("").data() : run.subject.data();
  const auto match = [&](std::uint32_t more) {
    return pcre2_match(code_.get(), subject, run.subject.size(), run.from, options | more,
                       data_.get(), context_.get());
  };
  int result = match(0);
  // Machine code has 32 KiB of stack for the ways that it has not tried yet.
  if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = match(PCRE2_NO_JIT);
  if (result < 0) return without_match(result);
  // With \K in an assertion the one may lie behind the other, or in front of `from`.
  const PCRE2_SIZE* place = pcre2_get_ovector_pointer(data_.get());
  const std::size_t begin = std::max(run.from, std::min(place[0], place[1]));
  return {.end = End::Match,
          .start = run.goes_on ? pcre2_get_startchar(data_.get()) : begin,
          .match_begin = begin,
          .match_end = place[1]};
}

PatternCode::Outcome PatternCode::without_match(int result) const {
  switch (result) {
    case PCRE2_ERROR_NOMATCH: return {.end = End::None};
    case PCRE2_ERROR_PARTIAL:
      return {.end = End::Partial, .start = pcre2_get_startchar(data_.get())};
    case PCRE2_ERROR_MATCHLIMIT: return {.end = End::PlaceLimit};
    case PCRE2_ERROR_CALLOUT: return {.end = End::Limit};
    default: return {.end = End::Failed, .error = result};
  }
}

PatternCode::Outcome PatternCode::run_counted(const Run& how, PatternSteps& steps) {
  Counter counter{.steps = steps, .compares_captures = compares_captures_, .last = how.from};
  pcre2_set_callout(context_.get(), &PatternCode::count, &counter);
  const Outcome outcome = run(how);
  pcre2_set_callout(context_.get(), nullptr, nullptr);
  if (!counter.passed) return outcome;
  return {.end = End::Passed, .start = steps.places_end};
}

}  // namespace spread
