// The specification as JSON, with the keys of parameter_sweep.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/sweep/spec.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/value_list.h"

namespace spread {
namespace {

struct TypeName {
  std::string_view name;
  SampleKind kind;
};
/// As parameter_sweep calls them; the short names are those of the text form.
constexpr TypeName kTypeNames[] = {
    {"LinearSample", SampleKind::Linear},
    {"GeomSample", SampleKind::Geometric},
    {"ReverseGeomSample", SampleKind::ReverseGeometric},
    {"PredeterminedFixedSample", SampleKind::List},
    {"UniformSample", SampleKind::Uniform},
    {"NormalSample", SampleKind::Normal},
    {"PredeterminedRandomSample", SampleKind::Column},
    {"LatinHypercubeSample", SampleKind::LatinHypercube},
    {"SobolSample", SampleKind::Sobol},
    {"HaltonSample", SampleKind::Halton},
};

std::optional<SampleKind> kind_named(std::string_view name) {
  for (const TypeName& type : kTypeNames) {
    if (name == type.name) return type.kind;
  }
  for (int i = 0; i <= static_cast<int>(SampleKind::Halton); ++i) {
    const auto kind = static_cast<SampleKind>(i);
    if (name == name_of(kind)) return kind;
  }
  return std::nullopt;
}

using Members = std::vector<std::pair<std::string, ByteView>>;

/// Of a map, in its order. A key that comes twice is an Error.
Result<Members> members_of(ByteView map) {
  wire::ValueList values(map);
  Members members;
  std::set<std::string> keys;
  const std::uint64_t count = values.enter().number;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string key(as_text(wire::token_of(values.take()).bytes));
    if (!keys.insert(key).second) return fail(fmt::format("{} is there twice", show_text(key)));
    const ByteView value = values.take();
    members.emplace_back(std::move(key), value);
  }
  return members;
}

class JsonParser {
 public:
  Status read(ByteView map, SweepSpec& spec) {
    const auto members = members_of(map);
    if (!members) return tl::unexpected(members.error());
    for (const auto& [name, value] : *members) {
      if (const Status read = read_group(name, value, spec); !read) {
        return fail(fmt::format("{}: {}", show_text(name), read.error().message));
      }
    }
    return {};
  }

 private:
  static constexpr std::string_view kZip = "zip";

  Status read_group(const std::string& name, ByteView value, SweepSpec& spec) {
    SweepSpec::Group group;
    if (wire::token_of(value).type == wire::TokenType::Map) {
      const auto members = members_of(value);
      if (!members) return tl::unexpected(members.error());
      const auto type = text_member(*members, "type");
      if (!type) return tl::unexpected(type.error());
      if (*type == kZip) {
        SPREAD_TRY(read_zip(*members, group));
        spec.groups.push_back(std::move(group));
        return {};
      }
    }
    SPREAD_TRY(read_parameter(name, value, group));
    spec.groups.push_back(std::move(group));
    return {};
  }

  Status read_zip(const Members& members, SweepSpec::Group& group) {
    SPREAD_TRY(check_keys(members, {"type", "parameters"}));
    const ByteView* parameters = find(members, "parameters");
    if (parameters == nullptr || wire::token_of(*parameters).type != wire::TokenType::Map) {
      return fail("a zip has an object \"parameters\"");
    }
    const auto linked = members_of(*parameters);
    if (!linked) return tl::unexpected(linked.error());
    if (linked->empty()) return fail("this zip has no parameters");
    group.linked = true;
    for (const auto& [name, value] : *linked) {
      if (const Status read = read_parameter(name, value, group); !read) {
        return fail(fmt::format("{}: {}", show_text(name), read.error().message));
      }
    }
    return {};
  }

  Status read_parameter(const std::string& name, ByteView value, SweepSpec::Group& group) {
    Parameter parameter;
    parameter.name = name;
    SPREAD_TRY(check_parameter_name(name));
    const wire::Token token = wire::token_of(value);
    if (token.type == wire::TokenType::Map) {
      SPREAD_TRY(read_object(value, parameter));
    } else if (token.type == wire::TokenType::Array) {
      parameter.kind = SampleKind::List;
      SPREAD_TRY(set_values(value, parameter));
    } else {
      parameter.values.push_back(value_of(std::string(as_text(value))));
    }
    group.parameters.push_back(std::move(parameter));
    return {};
  }

  Status read_object(ByteView value, Parameter& parameter) {
    const auto members = members_of(value);
    if (!members) return tl::unexpected(members.error());
    const auto type = text_member(*members, "type");
    if (!type) return tl::unexpected(type.error());
    const auto kind = kind_named(*type);
    if (*type == kZip) return fail("a zip in a zip");
    if (!kind) {
      std::string names;
      for (const TypeName& known : kTypeNames) names += fmt::format("{}, ", known.name);
      return fail(
          fmt::format("\"type\": expected {}const, file or zip, not {}", names, show_text(*type)));
    }
    parameter.kind = *kind;
    switch (*kind) {
      case SampleKind::List:
      case SampleKind::Column: {
        SPREAD_TRY(check_keys(*members, {"type", "array"}));
        const ByteView* array = find(*members, "array");
        if (array == nullptr || wire::token_of(*array).type != wire::TokenType::Array) {
          return fail("\"array\": expected a list of values");
        }
        return set_values(*array, parameter);
      }
      case SampleKind::Constant: {
        SPREAD_TRY(check_keys(*members, {"type", "value"}));
        const ByteView* constant = find(*members, "value");
        if (constant == nullptr) return fail("\"value\" is missing");
        parameter.values.push_back(value_of(std::string(as_text(*constant))));
        return {};
      }
      case SampleKind::File: {
        SPREAD_TRY(check_keys(*members, {"type", "name"}));
        const auto file = text_member(*members, "name");
        if (!file) return tl::unexpected(file.error());
        if (file->empty()) return fail("the name of a file is missing");
        parameter.file = *file;
        return {};
      }
      default: return read_range(*members, parameter);
    }
  }

  Status read_range(const Members& members, Parameter& parameter) {
    const bool normal = parameter.kind == SampleKind::Normal;
    const std::string_view low = normal ? "mean" : "lower_limit";
    const std::string_view high = normal ? "std" : "upper_limit";
    SPREAD_TRY(check_keys(members, {"type", low, high, "num_samples"}));
    SPREAD_TRY(number_member(members, low, parameter.low));
    SPREAD_TRY(number_member(members, high, parameter.high));
    const bool needs_count = parameter.kind <= SampleKind::ReverseGeometric;
    if (const ByteView* count = find(members, "num_samples")) {
      const wire::Token token = wire::token_of(*count);
      if (token.type != wire::TokenType::Unsigned) {
        return fail("\"num_samples\": expected a whole number of at least 1");
      }
      parameter.count = token.number;
    } else if (needs_count) {
      return fail("\"num_samples\" is missing");
    }
    return check_range(parameter);
  }

  static Status set_values(ByteView array, Parameter& parameter) {
    parameter.values = elements_of(as_text(array));
    if (parameter.values.empty()) return fail("a list without values");
    return {};
  }

  static const ByteView* find(const Members& members, std::string_view key) {
    const auto found = std::find_if(members.begin(), members.end(),
                                    [&](const auto& member) { return member.first == key; });
    return found == members.end() ? nullptr : &found->second;
  }

  static Result<std::string> text_member(const Members& members, std::string_view key) {
    const ByteView* value = find(members, key);
    if (value == nullptr) return fail(fmt::format("\"{}\" is missing", key));
    const wire::Token token = wire::token_of(*value);
    if (token.type != wire::TokenType::Str)
      return fail(fmt::format("\"{}\": expected a text", key));
    return std::string(as_text(token.bytes));
  }

  static Status number_member(const Members& members, std::string_view key, double& number) {
    const ByteView* value = find(members, key);
    if (value == nullptr) return fail(fmt::format("\"{}\" is missing", key));
    const wire::Token token = wire::token_of(*value);
    if (!token.is_number()) return fail(fmt::format("\"{}\": expected a number", key));
    number = token.as_double();
    return {};
  }

  static Status check_keys(const Members& members, std::vector<std::string_view> known) {
    constexpr std::string_view kOfModels[] = {"param", "set_mode", "default_value"};
    for (const auto& [key, value] : members) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      if (std::find(std::begin(kOfModels), std::end(kOfModels), key) != std::end(kOfModels))
        continue;
      std::string names;
      for (const std::string_view name : known)
        names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
      return fail(fmt::format("unknown key {}; it has {}", show_text(key), names));
    }
    return {};
  }
};

}  // namespace

Result<SweepSpec> parse_json_spec(std::string_view text, std::string_view origin) {
  ByteBuffer out;
  SweepSpec spec;
  Status read = wire::json_to_msgpack(text, out);
  // Such an object is bytes: {"$bin": "..."}.
  if (read && wire::token_of(out.view()).type != wire::TokenType::Map) {
    read = fail("expected an object of parameters");
  }
  if (read) read = JsonParser().read(out.view(), spec);
  if (!read) return fail(fmt::format("{}: {}", origin, read.error().message));
  return spec;
}

}  // namespace spread
