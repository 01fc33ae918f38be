// spread/sweep: a grid or a sample of parameters, as the payloads of tasks. Pure: text in, rows
// out, one at a time; files are read by a function that is passed in. Start here, then sweep.h.
// What users write: docs/sweeps.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"

namespace spread {

/// How the values of a parameter come about.
enum class SampleKind : std::uint8_t {
  Linear,
  Geometric,
  ReverseGeometric,
  List,
  File,  ///< a list that is still to be read
  Constant,
  Uniform,
  Normal,
  Column,
  LatinHypercube,
  Sobol,
  Halton,
};
/// As users write it: "lin", "geom", ...
std::string_view name_of(SampleKind kind);

/// What a sweep as a whole is: only parameters of one design go together, and single values with
/// all.
enum class Design : std::uint8_t { Grid, Random, LatinHypercube, Sobol, Halton, Any };

/// A value that was written down: encoded in msgpack, and for --where as a number, where it is one.
struct SweepValue {
  std::string encoded;
  std::optional<double> number;
};

struct Parameter {
  std::string name;
  SampleKind kind = SampleKind::Constant;
  double low = 0;   ///< Normal: the mean
  double high = 0;  ///< Normal: the standard deviation
  /// Where it is said: of values (Linear and its kin), or of samples.
  std::optional<std::uint64_t> count;
  std::vector<SweepValue> values;  ///< List, Constant, Column
  std::string file;                ///< File

  /// Of its values; for what is drawn, nothing unless it is said.
  std::optional<std::uint64_t> size() const;
  Design design() const;
};

/// The parameters, in the order in which they were given.
struct SweepSpec {
  /// One parameter, or those that a zip links.
  struct Group {
    std::vector<Parameter> parameters;
    bool linked = false;
  };
  std::vector<Group> groups;

  /// Behind those that are here.
  void append(SweepSpec&& other);
};

inline constexpr std::uint64_t kLinearCountMax = std::uint64_t{1} << 53;

/// Reads a specification as text or, where its first character is `{`, as JSON. `origin` is what
/// messages call it: "FILE", "--sweep". The Error names the place in it.
Result<SweepSpec> parse_sweep_spec(std::string_view text, std::string_view origin);

/// The whole of a file, or an Error that names it.
using ReadText = std::function<Result<std::string>(const std::string& name)>;
/// Puts the values of files into their parameters.
Status read_value_files(SweepSpec& spec, const ReadText& read);

// ---- what both forms of a specification have in common

/// A parameter of a kind with a range: checks what must hold of its numbers.
Status check_range(const Parameter& parameter);
/// "a name", or why it cannot be one.
Status check_parameter_name(std::string_view name);
/// JSON where it is a scalar of JSON, and text otherwise.
Result<SweepValue> parse_value(std::string_view text);
/// One encoded value.
SweepValue value_of(std::string encoded);
/// The elements of an array, encoded.
std::vector<SweepValue> elements_of(std::string_view encoded_array);
/// `text` is JSON; the message of an Error begins with `origin`.
Result<SweepSpec> parse_json_spec(std::string_view text, std::string_view origin);

}  // namespace spread
