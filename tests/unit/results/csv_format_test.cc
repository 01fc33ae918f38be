#include "spread/results/csv_format.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"

namespace spread {
namespace {

std::string encoded(std::string_view json) {
  ByteBuffer out;
  EXPECT_TRUE(wire::json_to_msgpack(json, out)) << json;
  return std::string(as_text(out.view()));
}

std::string float_value(double number) {
  Byte bytes[wire::kMaxScalarBytes];
  const Byte* end = wire::put_float64(bytes, number);
  return std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(end - bytes));
}

std::string row_of(CsvFormat& format, const std::vector<std::string>& values) {
  std::vector<ByteView> views;
  for (const std::string& value : values) views.push_back(as_bytes(value));
  ByteBuffer out;
  format.append_row(views, out);
  return std::string(as_text(out.view()));
}

std::string plain(std::string_view json) {
  CsvFormat format(CsvStyle::Plain);
  return row_of(format, {encoded(json)});
}

std::string header_of(CsvStyle style, const std::vector<std::string>& names) {
  ByteBuffer out;
  CsvFormat(style).append_header(names, out);
  return std::string(as_text(out.view()));
}

TEST(PlainCsv, WritesNumbersAsJsonDoes) {
  EXPECT_EQ(plain("1"), "1\n");
  EXPECT_EQ(plain("1.0"), "1.0\n");
  EXPECT_EQ(plain("0.1"), "0.1\n");
  EXPECT_EQ(plain("18446744073709551615"), "18446744073709551615\n");
  EXPECT_EQ(plain("true"), "true\n");
}

TEST(PlainCsv, WritesNanForWhatIsNotThere) {
  CsvFormat format(CsvStyle::Plain);
  EXPECT_EQ(row_of(format, {"", encoded("null"), float_value(std::nan("")), encoded("2")}),
            "NaN,NaN,NaN,2\n");
  EXPECT_EQ(plain("-Infinity"), "-Infinity\n");
  EXPECT_EQ(plain("Infinity"), "Infinity\n");
}

TEST(PlainCsv, QuotesWhatRfc4180Wants) {
  EXPECT_EQ(plain(R"("text with blanks")"), "text with blanks\n");
  EXPECT_EQ(plain(R"("a,b")"), "\"a,b\"\n");
  EXPECT_EQ(plain(R"("say \"hi\"")"), "\"say \"\"hi\"\"\"\n");
  EXPECT_EQ(plain(R"("\"")"), "\"\"\"\"\n");
  EXPECT_EQ(plain(R"("1\n2")"), "\"1\n2\"\n");
  EXPECT_EQ(plain(R"("1\r")"), "\"1\r\"\n");
  EXPECT_EQ(plain(R"("")"), "\"\"\n");
  EXPECT_EQ(plain(R"([1,"x"])"), "\"[1,\"\"x\"\"]\"\n");
  EXPECT_EQ(plain(R"([1])"), "[1]\n");
  EXPECT_EQ(header_of(CsvStyle::Plain, {"a", "b,c", "d"}), "a,\"b,c\",d\n");
}

TEST(SavetxtCsv, WritesTheBytesOfNumpy) {
  std::ifstream file(std::string(SPREAD_SOURCE_DIR) + "/tests/golden/sweeps.json");
  const nlohmann::json recorded = nlohmann::json::parse(file).at("savetxt");
  std::string text =
      header_of(CsvStyle::Savetxt, recorded["names"].get<std::vector<std::string>>());
  CsvFormat format(CsvStyle::Savetxt);
  for (const nlohmann::json& row : recorded["rows"]) {
    std::vector<std::string> values;
    for (const nlohmann::json& number : row) {
      values.push_back(float_value(std::strtod(number.get<std::string>().c_str(), nullptr)));
    }
    text += row_of(format, values);
  }
  EXPECT_EQ(text, recorded["text"].get<std::string>());
  EXPECT_FALSE(format.has_warning());
}

/// numpy's header.replace("\n", "\n" + comments).
TEST(SavetxtCsv, EachLineOfTheHeaderIsAComment) {
  EXPECT_EQ(header_of(CsvStyle::Savetxt, {"a\nb", "\n", "c"}), "# a\n# b,\n# ,c\n");
}

TEST(SavetxtCsv, HasNumbersAlone) {
  CsvFormat format(CsvStyle::Savetxt);
  EXPECT_EQ(row_of(format, {encoded("1"), encoded("-1"), encoded("true"), "", encoded("null"),
                            float_value(-std::nan(""))}),
            "1.000000e+00,-1.000000e+00,1.000000e+00,nan,nan,nan\n");
  EXPECT_FALSE(format.has_warning());
  EXPECT_EQ(row_of(format, {encoded("\"1\""), encoded("[1]")}), "nan,nan\n");
  EXPECT_EQ(format.take_warning(), "--csv-style savetxt: '1' is no number and was written as nan");
  EXPECT_EQ(row_of(format, {encoded("{}")}), "nan\n");
  EXPECT_EQ(format.take_warning(), "");
}

}  // namespace
}  // namespace spread
