#include "spread/wire/pickle_answer.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"

namespace spread::wire {
namespace {

using NodeKind = PickleNode::Kind;

/// "a list of 2", for a message.
std::string describe(const PickleSource& source, PickleRef ref) {
  const PickleNode* const node = source.node(ref);
  if (node == nullptr) {
    std::string scratch;
    switch (source.scalar(ref, scratch).type) {
      case TokenType::Nil: return "None";
      case TokenType::Bool: return "a bool";
      case TokenType::Unsigned:
      case TokenType::Negative: return "an integer";
      case TokenType::Float64: return "a float";
      case TokenType::Str: return "text";
      case TokenType::Bin: return "bytes";
      default: return "a number or a name";
    }
  }
  switch (node->kind) {
    case NodeKind::List: return fmt::format("a list of {}", node->items.size());
    case NodeKind::Tuple: return fmt::format("a tuple of {}", node->items.size());
    case NodeKind::Set: return fmt::format("a set of {}", node->items.size());
    case NodeKind::Dict: return fmt::format("a dict of {}", node->items.size() / 2);
    case NodeKind::Name: return "a class or a function";
    case NodeKind::Call: break;
  }
  constexpr std::size_t kShown = 60;
  const PickleClass made = class_of(source, *node);
  if (made.name.empty()) return "an object";
  return "an object of " + printable_line(made.module + "." + made.name, kShown);
}

/// The attribute of that name. An object with __slots__ has a tuple of two dicts for its state.
std::optional<PickleRef> attribute(const PickleSource& source, const PickleNode& call,
                                   std::string_view name) {
  const PickleNode* const state = call.has_state ? source.node(call.state) : nullptr;
  if (state == nullptr) return std::nullopt;
  const auto in_dict = [&](const PickleNode* dict) -> std::optional<PickleRef> {
    std::string scratch;
    if (dict == nullptr || dict->kind != NodeKind::Dict) return std::nullopt;
    for (std::size_t i = 0; i + 1 < dict->items.size(); i += 2) {
      const Token key = source.scalar(dict->items[i], scratch);
      if (key.is_text() && as_text(key.bytes) == name) return dict->items[i + 1];
    }
    return std::nullopt;
  };
  if (state->kind != NodeKind::Tuple) return in_dict(state);
  for (const PickleRef part : state->items) {
    if (const auto found = in_dict(source.node(part))) return found;
  }
  return std::nullopt;
}

std::optional<double> number_of(const PickleSource& source, PickleRef ref) {
  PickleConverter converter(source, kMaxScalarBytes);
  ByteBuffer bytes;
  if (converter.convert(ref, bytes) != PickleFit::Fits) return std::nullopt;
  const Byte* at = bytes.data();
  const Token token = next_token(at, at + bytes.size());
  return token.is_number() ? std::optional(token.as_double()) : std::nullopt;
}

/// A pickle of the first of the three alone.
ByteBuffer first_alone(ByteView bytes, const PickleMachine::FirstElement& first,
                       const std::vector<std::uint32_t>& frames) {
  constexpr std::size_t kFrameBytes = 9;
  ByteBuffer pickle;
  std::size_t done = 0;
  const auto leave_out = [&](std::size_t from, std::size_t size) {
    pickle.append(bytes.subspan(done, from - done));
    done = from + size;
  };
  bool mark_is_out = !first.marked;
  for (const std::size_t frame : frames) {
    if (frame >= first.end) break;
    if (!mark_is_out && frame > first.mark) {
      leave_out(first.mark, 1);
      mark_is_out = true;
    }
    leave_out(frame, kFrameBytes);
  }
  if (!mark_is_out) leave_out(first.mark, 1);
  pickle.append(bytes.subspan(done, first.end - done));
  pickle.push_back(static_cast<Byte>(PickleCode::Stop));
  return pickle;
}

}  // namespace

bool PickleAnswer::failed(std::string why) {
  error_ = std::move(why);
  return false;
}

bool PickleAnswer::read(ByteView bytes, const PickleMachine& machine, UpMessage& message) {
  const PickleSource source{bytes, machine.tree()};
  const PickleRef root = source.tree.root;
  const PickleNode* const tuple = source.node(root);
  if (tuple == nullptr || tuple->kind != NodeKind::Tuple || tuple->items.size() != 3) {
    return failed("answered with " + describe(source, root) + " instead of a tuple (d, so, se)");
  }
  message = UpMessage{};
  const PickleRef result = tuple->items[0];
  const PickleNode* const call = source.node(result);
  const PickleClass made =
      call != nullptr && call->kind == NodeKind::Call ? class_of(source, *call) : PickleClass();
  if (made.last_name() == "TooBusy") return read_busy(source, *call, tuple->items[1], message);
  if (!read_captured(source, tuple->items[1], "so", so_)) return false;
  if (!read_captured(source, tuple->items[2], "se", se_)) return false;
  message.so = so_;
  message.se = se_;
  if (made.last_name() == "RemoteException") {
    read_remote(source, *call, message);
  } else {
    read_result(source, machine, result, message);
  }
  return true;
}

bool PickleAnswer::add_line(const PickleSource& source, PickleRef ref, std::string& out) {
  std::string bytes;
  if (!source.bytes_of(ref, bytes) || out.size() + bytes.size() > max_bytes_) return false;
  out += bytes;
  return true;
}

/// A list of lines, each with its newline; or all of them in one.
bool PickleAnswer::read_captured(const PickleSource& source, PickleRef ref, std::string_view which,
                                 std::string& out) {
  out.clear();
  const PickleNode* const lines = source.node(ref);
  if (lines == nullptr && source.scalar(ref, scratch_).type == TokenType::Nil) return true;
  bool good = true;
  if (lines != nullptr && (lines->kind == NodeKind::List || lines->kind == NodeKind::Tuple)) {
    for (const PickleRef line : lines->items) good = good && add_line(source, line, out);
  } else {
    good = add_line(source, ref, out);
  }
  if (good) return true;
  return failed(
      fmt::format("answered with a tuple (d, so, se) in which {} is {}, and not a list of "
                  "text",
                  which, describe(source, ref)));
}

/// As text output shows it.
std::string PickleAnswer::shown(const PickleSource& source, PickleRef ref) {
  ByteBuffer bytes, text;
  if (PickleConverter(source, max_bytes_).convert(ref, bytes) != PickleFit::Fits) {
    return describe(source, ref);
  }
  Value value;
  value.body = Slice(nullptr, bytes.view());
  JsonStyle style;
  if (!msgpack_to_text(value, text, style)) return describe(source, ref);
  return std::string(as_text(text.view()));
}

bool PickleAnswer::read_busy(const PickleSource& source, const PickleNode& call, PickleRef reason,
                             UpMessage& message) {
  std::optional<PickleRef> delay = attribute(source, call, "delay");
  const PickleClass made = class_of(source, call);
  if (!delay && !made.arguments.empty()) delay = made.arguments.front();
  const std::optional<double> seconds = delay ? number_of(source, *delay) : std::nullopt;
  if (!seconds) return failed("answered with a TooBusy without a delay that is a number");
  message.kind = UpKind::Busy;
  message.number = *seconds;
  if (source.scalar(reason, scratch_).type != TokenType::Nil) {
    text_ = shown(source, reason);
    message.text = text_;
  }
  return true;
}

void PickleAnswer::set_error(std::string_view type, std::string_view text, UpMessage& message) {
  value_.clear();
  value_.append(make_error(type, text));
  message.value = value_.view();
}

void PickleAnswer::read_remote(const PickleSource& source, const PickleNode& call,
                               UpMessage& message) {
  std::string text, notes;
  for (const PickleRef argument : class_of(source, call).arguments) {
    text += (text.empty() ? "" : ": ") + shown(source, argument);
    if (text.size() > max_bytes_) text.resize(max_bytes_);
  }
  for (const std::string_view name : {"index", "comment"}) {
    const auto found = attribute(source, call, name);
    if (!found || source.scalar(*found, scratch_).type == TokenType::Nil) continue;
    const std::string note = shown(source, *found);
    if (!note.empty()) notes += (notes.empty() ? "" : "; ") + note;
  }
  if (!notes.empty()) text += (text.empty() ? "(" : " (") + notes + ")";
  message.kind = options_.remote_is_error ? UpKind::Error : UpKind::Fatal;
  set_error("RemoteException", text, message);
}

void PickleAnswer::read_result(const PickleSource& source, const PickleMachine& machine,
                               PickleRef result, UpMessage& message) {
  value_.clear();
  message.kind = UpKind::Ok;
  const PickleFit fit = options_.verbatim
                            ? PickleFit::Foreign
                            : PickleConverter(source, max_bytes_).convert(result, value_);
  const auto first = machine.first_element(source.tree.root);
  if (fit == PickleFit::Foreign && first) {
    append_pickle_ext(first_alone(source.bytes, *first, machine.frames()).view(), value_);
  } else if (fit != PickleFit::Fits) {
    message.kind = UpKind::Error;
    return set_error(
        "BadResult",
        fit == PickleFit::TooDeep ? fmt::format("the answer is nested deeper than {}", kMaxDepth)
        : fit == PickleFit::TooLong
            ? fmt::format("the answer has more than --max-frame {} bytes, with what it "
                          "shares written out",
                          max_bytes_)
            : "the answer is a tuple that holds itself",
        message);
  }
  message.value = value_.view();
}

}  // namespace spread::wire
