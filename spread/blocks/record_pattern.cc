#include "spread/blocks/record_pattern.h"

#include "spread/base/quote.h"

namespace spread {
namespace {

constexpr Pattern::Use kStream = Pattern::Use::Stream;

/// As a part of a longer pattern. \E: a \Q that is not ended would reach into what follows.
std::string group(const std::string& text) { return text.empty() ? "" : "(?:" + text + "\\E)"; }

Status compile_into(std::optional<Pattern>& pattern, const std::string& text,
                    const std::string& name) {
  Result<Pattern> compiled = Pattern::compile(text, name, kStream);
  if (!compiled) return tl::unexpected(compiled.error());
  pattern = std::move(*compiled);
  return {};
}

}  // namespace

Result<RecordPattern> RecordPattern::compile(const BlockOptions& options) {
  const std::string start = options.recstart.value_or(""), end = options.recend.value_or("");
  std::string name;
  // Each alone first: a message is to name the option, and the place in what it was given.
  std::optional<Pattern> alone;
  if (!end.empty()) {
    name = "--recend " + show_text(end);
    SPREAD_TRY(compile_into(alone, end, name));
  }
  if (!start.empty()) {
    const std::string start_name = "--recstart " + show_text(start);
    SPREAD_TRY(compile_into(alone, start, start_name));
    name += (name.empty() ? "" : " with ") + start_name;
  }
  const std::string boundary = start.empty() ? end : group(end) + "(?=" + group(start) + ")";
  Result<Pattern> compiled = Pattern::compile(boundary, name, kStream);
  if (!compiled) return tl::unexpected(compiled.error());
  RecordPattern pattern(std::move(*compiled));
  if (!start.empty()) SPREAD_TRY(compile_into(pattern.start_, "\\A" + group(start), name));
  if (!options.remove_separators) return pattern;
  SPREAD_TRY(compile_into(pattern.between_, group(end) + group(start), name));
  if (!end.empty()) SPREAD_TRY(compile_into(pattern.end_, group(end) + "\\z", name));
  return pattern;
}

Pattern::Found RecordPattern::find(Pattern& pattern, const Pattern::Search& search,
                                   Pattern::Match& match) {
  const Pattern::Found found = pattern.find(search, match);
  if (found == Pattern::Found::GaveUp) failure_ = pattern.failure();
  return found;
}

Pattern::Found RecordPattern::find_end(ByteView record, bool goes_on, Place& place) {
  using Found = Pattern::Found;
  Pattern::Match match;
  Pattern::Search search{.subject = record, .from = place.from, .goes_on = goes_on};
  if (search.from == 0 && start_) {
    const Found own = find(*start_, search, match);
    if (own == Found::More || own == Found::GaveUp) return own;
    if (own == Found::Match) search.from = match.end;
  }
  search.nonempty = search.from == 0;
  const Found found = find(boundary_, search, match);
  if (found == Found::None) place.from = record.size();
  if (found == Found::More) place.from = match.begin;
  place.end = match.end;
  return found;
}

/// False: the pattern gave up.
bool RecordPattern::cut_off(std::optional<Pattern>& pattern, ByteView& block, bool at_start) {
  if (!pattern) return true;
  Pattern::Match match;
  const Pattern::Found found = find(*pattern, {.subject = block}, match);
  if (found == Pattern::Found::GaveUp) return false;
  if (found != Pattern::Found::Match) return true;
  block = at_start ? block.subspan(match.end) : block.first(match.begin);
  return true;
}

Result<Slice> RecordPattern::without_separators(ByteView block) {
  if (!cut_off(start_, block, true)) return fail(failure_);
  std::string rest;
  rest.reserve(block.size());
  Pattern::Search search{.subject = block, .nonempty = true};
  for (Pattern::Match match; search.from < block.size(); search.from = match.end) {
    const Pattern::Found found = find(*between_, search, match);
    if (found == Pattern::Found::GaveUp) return fail(failure_);
    if (found != Pattern::Found::Match) break;
    rest += as_text(block.subspan(search.from, match.begin - search.from));
  }
  ByteView last = block.subspan(search.from);
  if (!cut_off(end_, last, false)) return fail(failure_);
  rest += as_text(last);
  return Slice::copy_of(as_bytes(rest));
}

}  // namespace spread
