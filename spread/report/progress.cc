#include "spread/report/progress.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "spread/report/readable.h"

namespace spread {
namespace {

// Long enough for bursts to even out, short enough to follow a host that goes away.
constexpr Duration kRateSpan = std::chrono::seconds(10);
constexpr Duration kSampleSpacing = std::chrono::milliseconds(200);

}  // namespace

void Progress::set_total(std::uint64_t total, bool final, double share) {
  total_ = total;
  total_final_ = final;
  share_ = share;
}

Progress::Worker& Progress::worker(WorkerId id) {
  const std::size_t index = number(id);
  if (index >= workers_.size()) workers_.resize(index + 1);
  return workers_[index];
}

void Progress::on(const WorkerStarted& event, TimePoint) {
  Worker& started = worker(event.worker);
  if (!started.alive) ++alive_;
  started.alive = true;
  if (loads_ && !started.loading) ++loading_;
  started.loading = loads_;
}

void Progress::on(const WorkerEnded& event, TimePoint now) {
  Worker& ended = worker(event.worker);
  if (ended.alive) --alive_;
  if (ended.loading) --loading_;
  ended = {};
  if (unit_ != ProgressUnit::Workers) return;
  ++counts_.finished;
  if (!event.expected) ++counts_.failed;
  keep_sample(now);
}

void Progress::prepared(WorkerId id) {
  if (std::exchange(worker(id).loading, false)) --loading_;
}

void Progress::sample(const ProgressCounts& counts, TimePoint now) {
  if (unit_ == ProgressUnit::Workers) return;
  const bool news = counts.finished != counts_.finished;
  counts_ = counts;
  if (news) keep_sample(now);
}

void Progress::keep_sample(TimePoint now) {
  const bool first = samples_taken_ == 0;
  if (!first && now - samples_[(samples_taken_ - 1) % kSamples].when < kSampleSpacing) return;
  samples_[samples_taken_++ % kSamples] = {now, counts_.finished};
}

std::uint64_t Progress::trusted_count() const { return 2 * std::uint64_t{alive_} + 2; }

Progress::Sample Progress::rate_origin(TimePoint now) const {
  const std::size_t kept = std::min(samples_taken_, kSamples);
  for (std::size_t back = 1; back <= kept; ++back) {
    const Sample& sample = samples_[(samples_taken_ - back) % kSamples];
    if (now - sample.when >= kRateSpan && counts_.finished - sample.finished >= trusted_count()) {
      return sample;
    }
  }
  if (samples_taken_ > kSamples) return samples_[samples_taken_ % kSamples];
  return {start_, std::min(before_, counts_.finished)};
}

Duration Progress::median_duration() const {
  std::array<Duration, kDurations> sorted = durations_;
  const auto kept = static_cast<std::ptrdiff_t>(std::min(durations_taken_, kDurations));
  std::nth_element(sorted.begin(), sorted.begin() + kept / 2, sorted.begin() + kept);
  return sorted[static_cast<std::size_t>(kept / 2)];
}

std::optional<Duration> Progress::time_left(const ProgressSnapshot& shown,
                                            std::uint64_t measured) const {
  const std::uint64_t total = total_final_ ? total_ : shown.likely_total.value_or(0);
  if (total == 0 && !total_final_) return std::nullopt;
  const std::uint64_t open = total - std::min(counts_.finished, total);
  if (open == 0) return Duration::zero();
  // A rate speaks for all workers, fast and slow. Before each has finished two or so, it says more
  // about their start than about them; the median does not mind the one task that took long.
  if (measured >= trusted_count() && shown.rate > 0) {
    return from_seconds(static_cast<double>(open) / shown.rate);
  }
  if (durations_taken_ == 0 || alive_ == 0) return std::nullopt;
  const double rounds = static_cast<double>(open) / static_cast<double>(alive_);
  return from_seconds(rounds * to_seconds(median_duration()));
}

ProgressSnapshot Progress::snapshot(TimePoint now) const {
  ProgressSnapshot shown;
  shown.unit = unit_;
  shown.total = total_;
  shown.total_final = total_final_;
  static_cast<ProgressCounts&>(shown) = counts_;
  shown.workers = alive_;
  shown.loading = loading_;
  if (!total_final_ && share_ > 0 && share_ <= 1) {
    shown.likely_total = static_cast<std::uint64_t>(static_cast<double>(total_) / share_);
  }
  shown.elapsed = now - start_;
  const Sample origin = rate_origin(now);
  const double span = to_seconds(now - origin.when);
  const std::uint64_t measured = counts_.finished - origin.finished;
  if (span > 0) shown.rate = static_cast<double>(measured) / span;
  shown.left = time_left(shown, measured);
  return shown;
}

namespace {

constexpr Duration kPatience = std::chrono::seconds(2);
constexpr Duration kRedraw = std::chrono::milliseconds(100);
constexpr Duration kLineSpacing = std::chrono::seconds(5);
constexpr std::size_t kColumnsMin = 10;
constexpr std::size_t kColumnsUnknown = 80;
constexpr std::size_t kBarMin = 12;
constexpr std::size_t kBarMax = 42;

/// A part of the line. The part with the highest `rank` goes first when there is no room.
struct Piece {
  int rank;
  std::string text;
};

std::string count_of(std::uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

double fraction_of(const ProgressSnapshot& shown) {
  const std::uint64_t total = shown.likely_total.value_or(shown.total);
  return total == 0 ? 0 : static_cast<double>(shown.finished) / static_cast<double>(total);
}

/// "1234/20000"; while the input is open "1234 ~6%", or "1234/20000+" where there is no telling how
/// much will come. Shortened where it must be.
std::string fraction_text(const ProgressSnapshot& shown, std::size_t columns) {
  if (shown.likely_total) {
    // 100 % is shown at the end only.
    const int percent = std::min(99, static_cast<int>(100 * fraction_of(shown)));
    const std::string text = fmt::format("{} ~{}%", shown.finished, percent);
    return text.size() <= columns ? text : fmt::format("~{}%", percent);
  }
  const std::string_view open = shown.total_final ? "" : "+";
  std::string text = fmt::format("{}/{}{}", shown.finished, shown.total, open);
  if (text.size() <= columns) return text;
  return fmt::format("{}/{}{}", format_short(static_cast<double>(shown.finished)),
                     format_short(static_cast<double>(shown.total)), open);
}

std::string format_elapsed(Duration elapsed) {
  if (elapsed >= std::chrono::minutes(1)) return format_time_left(elapsed);
  return fmt::format("{:.1f}s", to_seconds(elapsed));
}

/// "3 workers", "3 workers loading" until one has answered, "3 workers, 1 loading"; "3 slots".
std::string workers_text(const ProgressSnapshot& shown) {
  if (shown.unit == ProgressUnit::Jobs) return count_of(shown.workers, "slot");
  const std::string workers = count_of(shown.workers, "worker");
  if (shown.loading == 0) return workers;
  if (shown.loading == shown.workers) return workers + " loading";
  return fmt::format("{}, {} loading", workers, shown.loading);
}

std::vector<Piece> pieces_of(const ProgressSnapshot& shown, ProgressStyle style,
                             std::size_t columns) {
  const Piece done{0, fraction_text(shown, columns)};
  const Piece rate{3, format_short(shown.rate) + "/s"};
  const Piece workers{5, workers_text(shown)};
  // A worker has been sent more than it works on.
  const Piece running{6, fmt::format("{} {}", shown.running,
                                     shown.unit == ProgressUnit::Tasks ? "sent" : "running")};
  std::vector<Piece> pieces;
  std::vector<Piece> left;
  if (shown.total_final && shown.finished >= shown.total) {
    left.push_back({1, "in " + format_elapsed(shown.elapsed)});
  } else if (shown.left) {
    left.push_back({1, "ETA " + format_time_left(*shown.left)});
  }
  switch (style) {
    case ProgressStyle::Eta:
      pieces = left;
      pieces.insert(pieces.end(), {done, rate, running});
      break;
    case ProgressStyle::Plain: pieces = {done, running, rate}; break;
    case ProgressStyle::Bar:
    case ProgressStyle::Automatic:
    case ProgressStyle::None:
      pieces = {done, rate};
      pieces.insert(pieces.end(), left.begin(), left.end());
      break;
  }
  if (shown.failed > 0) pieces.push_back({2, fmt::format("{} failed", shown.failed)});
  if (shown.retried > 0) pieces.push_back({4, fmt::format("{} retried", shown.retried)});
  if (shown.workers > 0) pieces.push_back(workers);
  const bool open = !shown.total_final && !shown.likely_total;
  if (open && shown.unit != ProgressUnit::Workers) pieces.push_back({7, "still reading"});
  return pieces;
}

std::string join(const std::vector<Piece>& pieces) {
  std::string line;
  for (const Piece& piece : pieces) line += (line.empty() ? "" : "  ") + piece.text;
  return line;
}

/// The bar, `width` columns with its brackets.
std::string draw_bar(double fraction, std::size_t width, bool utf8) {
  const std::size_t inner = width - 2;
  const double filled = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(inner);
  const auto whole = static_cast<std::size_t>(filled);
  std::string bar;
  if (!utf8) {
    bar.append(whole, '=');
    if (whole < inner) bar += '>';
    bar.append(inner - std::min(inner, whole + 1), ' ');
    return "[" + bar + "]";
  }
  static constexpr const char* kEighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  for (std::size_t i = 0; i < whole; ++i) bar += "█";
  if (whole < inner) {
    bar += kEighths[static_cast<std::size_t>((filled - std::floor(filled)) * 8)];
    bar.append(inner - whole - 1, ' ');
  }
  return "[" + bar + "]";
}

}  // namespace

std::string format_progress(const ProgressSnapshot& shown, ProgressStyle style, std::size_t columns,
                            bool utf8) {
  std::vector<Piece> pieces = pieces_of(shown, style, columns);
  const auto by_rank = [](const Piece& a, const Piece& b) { return a.rank < b.rank; };
  while (pieces.size() > 1 && join(pieces).size() > columns) {
    pieces.erase(std::max_element(pieces.begin(), pieces.end(), by_rank));
  }
  const std::string text = join(pieces).substr(0, columns);
  const bool bar =
      style == ProgressStyle::Bar && shown.total > 0 && (shown.total_final || shown.likely_total);
  if (!bar || text.size() + 1 + kBarMin > columns) return text;
  return draw_bar(fraction_of(shown), std::min(kBarMax, columns - text.size() - 1), utf8) + " " +
         text;
}

ProgressScreen describe_screen(bool terminal, std::string_view term, std::string_view locale) {
  ProgressScreen screen;
  screen.terminal = terminal;
  screen.dumb = term.empty() || term == "dumb";
  for (const std::string_view name : {"UTF-8", "utf8", "UTF8", "utf-8"}) {
    screen.utf8 = screen.utf8 || locale.find(name) != std::string_view::npos;
  }
  return screen;
}

ProgressLine::ProgressLine(ProgressStyle style, ProgressScreen screen, TimePoint start)
    : style_(style),
      screen_(screen),
      unasked_(style == ProgressStyle::Automatic),
      next_(start + kRedraw) {
  if (unasked_) {
    style_ = in_place() && !screen.piped ? ProgressStyle::Bar : ProgressStyle::None;
    next_ = start + kPatience;
  } else if (!in_place()) {
    next_ = start + kLineSpacing;
  }
  if (style_ == ProgressStyle::None) next_ = kForever;
}

void ProgressLine::draw(const Progress& progress, TimePoint now, std::size_t columns,
                        ByteBuffer& out) {
  if (now < next_) return;
  if (columns == 0) columns = kColumnsUnknown;
  if (!in_place()) {
    next_ = now + kLineSpacing;
    out.append(format_progress(progress.snapshot(now), style_, kColumnsUnknown, false) + "\n");
    return;
  }
  next_ = now + kRedraw;
  // One column less than there are: many terminals wrap as soon as the last one is filled.
  columns = std::max(columns, kColumnsMin + 1) - 1;
  std::string line = format_progress(progress.snapshot(now), style_, columns, screen_.utf8);
  if (line == drawn_) return;
  // Over the old line, then clear the rest: clearing first would flicker.
  out.append("\r" + line + "\x1b[K");
  drawn_ = std::move(line);
}

void ProgressLine::wait_for_line(TimePoint now) {
  if (now >= next_) next_ = now + kRedraw;
}

void ProgressLine::erase(ByteBuffer& out) {
  if (drawn_.empty()) return;
  out.append(kErase);
  drawn_.clear();
}

void ProgressLine::finish(const Progress& progress, TimePoint now, ByteBuffer& out) {
  erase(out);
  if (style_ != ProgressStyle::None && !in_place()) {
    out.append(format_progress(progress.snapshot(now), style_, kColumnsUnknown, false) + "\n");
  }
  next_ = kForever;
}

}  // namespace spread
