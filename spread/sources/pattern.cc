#include "spread/sources/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

namespace spread {
namespace {

// From one place where a match may begin. Ordinary patterns take about one step for a byte; what
// needs more does not end: (a+)+$ takes 2^n. A million steps are 8 ms of machine code, or 18 ms
// interpreted.
constexpr std::uint64_t kStepsMax = 1'000'000;
constexpr std::uint64_t kStepsMaxPerByte = 16;
// What the interpreter may remember of the ways that it has not tried yet.
constexpr std::uint32_t kHeapMaxKib = 64 << 10;

std::string message_of(int error) {
  PCRE2_UCHAR text[256];
  const int length = pcre2_get_error_message(error, text, sizeof text);
  if (length < 0) return fmt::format("error {} of PCRE2", error);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)};
}

struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};

template <typename T>
T* checked(T* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void Pattern::Free::operator()(pcre2_code* code) const { pcre2_code_free(code); }
void Pattern::Free::operator()(pcre2_match_context* context) const {
  pcre2_match_context_free(context);
}
void Pattern::Free::operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }

Result<Pattern> Pattern::compile(std::string_view text, std::string name, Use use) {
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> how(
      checked(pcre2_compile_context_create(nullptr)));
  // As Perl, whatever whoever built the library chose.
  pcre2_set_newline(how.get(), PCRE2_NEWLINE_LF);
  pcre2_set_bsr(how.get(), PCRE2_BSR_UNICODE);
  std::uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
  // perldoc -f split: "a pattern of /^/ is treated as if it were /^/m".
  if (use == Use::Stream || text == "^") options |= PCRE2_MULTILINE;
  // Else ^ does not match behind a newline at the end, and what follows would not be waited for.
  if (use == Use::Stream) options |= PCRE2_ALT_CIRCUMFLEX;
  int error = 0;
  PCRE2_SIZE place = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), options,
                                   &error, &place, how.get());
  if (code == nullptr) {
    const std::string where =
        place < text.size() ? fmt::format("at byte {}", place + 1) : std::string("at the end");
    return fail(fmt::format("{}: {}, {} of the pattern", name, message_of(error), where));
  }
  Pattern pattern(std::move(name));
  pattern.code_.reset(code);
  // Where that is forbidden (SELinux, systemd's MemoryDenyWriteExecute) the pattern is interpreted.
  pcre2_jit_compile(
      code, PCRE2_JIT_COMPLETE | (use == Use::Stream ? PCRE2_JIT_PARTIAL_HARD : std::uint32_t{0}));
  pattern.context_.reset(checked(pcre2_match_context_create(nullptr)));
  pcre2_set_heap_limit(pattern.context_.get(), kHeapMaxKib);
  pcre2_set_depth_limit(pattern.context_.get(), UINT32_MAX);
  pattern.data_.reset(checked(pcre2_match_data_create(1, nullptr)));
  return pattern;
}

Pattern::Found Pattern::find(const Search& search, Match& match) {
  const auto steps_max = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(kStepsMax + kStepsMaxPerByte * search.subject.size(), UINT32_MAX));
  pcre2_set_match_limit(context_.get(), steps_max);
  std::uint32_t options = 0;
  if (search.nonempty) options |= PCRE2_NOTEMPTY_ATSTART;
  if (search.goes_on) options |= PCRE2_PARTIAL_HARD;
  // Before 10.40 null is not taken for the start of an empty subject.
  const Byte* subject = search.subject.empty() ? as_bytes("").data() : search.subject.data();
  const auto run = [&](std::uint32_t more) {
    return pcre2_match(code_.get(), subject, search.subject.size(), search.from, options | more,
                       data_.get(), context_.get());
  };
  int result = run(0);
  // Machine code has 32 KiB of stack for the ways that it has not tried yet.
  if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = run(PCRE2_NO_JIT);
  if (result == PCRE2_ERROR_NOMATCH) return Found::None;
  if (result < 0 && result != PCRE2_ERROR_PARTIAL) return give_up(result, steps_max);
  const PCRE2_SIZE* place = pcre2_get_ovector_pointer(data_.get());
  if (result == PCRE2_ERROR_PARTIAL) {
    match = {pcre2_get_startchar(data_.get()), search.subject.size()};
    return Found::More;
  }
  // With \K in an assertion the one may lie behind the other.
  match = {std::min(place[0], place[1]), place[1]};
  // At the end of what is known, nothing always matches: PCRE2 has then looked at no byte.
  if (search.goes_on && match.begin == search.subject.size()) return Found::More;
  return Found::Match;
}

Pattern::Found Pattern::give_up(int error, std::uint32_t steps_max) {
  std::string reason = message_of(error);
  if (error == PCRE2_ERROR_MATCHLIMIT) {
    reason = fmt::format(
        "no answer after {} steps; a quantifier within a quantifier, as in (a+)+, does that",
        steps_max);
  } else if (error == PCRE2_ERROR_HEAPLIMIT) {
    reason = fmt::format("no answer within {} MiB of memory", kHeapMaxKib >> 10);
  }
  failure_ = fmt::format("{}: {}", name_, reason);
  return Found::GaveUp;
}

}  // namespace spread
