#include "spread/results/csv_table.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "spread/wire/json.h"

namespace spread {
namespace {

/// Payload and value as JSON; a value of "" is none.
struct Row {
  std::string payload, value;
};

std::string packed(std::string_view json) {
  if (json.empty()) return {};
  ByteBuffer out;
  EXPECT_TRUE(wire::json_to_msgpack(json, out)) << json;
  return std::string(as_text(out.view()));
}

void look_at(CsvTable& table, std::uint64_t task, const Row& row) {
  const std::string payload = packed(row.payload), value = packed(row.value);
  table.look_at(TaskId{task}, as_bytes(payload), as_bytes(value));
}

std::string written(CsvTable& table, const std::vector<Row>& rows) {
  ByteBuffer out;
  table.append_header(out);
  for (const Row& row : rows) {
    const std::string payload = packed(row.payload), value = packed(row.value);
    table.append_row(as_bytes(payload), as_bytes(value), out);
  }
  table.end();
  return std::string(as_text(out.view()));
}

/// With all columns that there are, seen in this order of tasks.
std::string table_of(const std::vector<Row>& rows, std::vector<std::size_t> order = {}) {
  if (order.empty()) {
    for (std::size_t i = 0; i < rows.size(); ++i) order.push_back(i);
  }
  CsvTable table(CsvStyle::Plain, {});
  for (const std::size_t task : order) look_at(table, task, rows[task]);
  table.fix_columns();
  return written(table, rows);
}

const std::vector<Row> kRows = {
    {R"({"a":1,"b":2})", R"({"x":1})"},
    {R"({"a":2,"b":3})", ""},
    {R"({"a":3,"c":4})", R"({"y":"t","x":2})"},
};

TEST(CsvTable, HasInputsAndThenTheKeysOfResultsAsTheyWereSeenFirst) {
  EXPECT_EQ(table_of(kRows), "a,b,c,x,y\n1,2,NaN,1,NaN\n2,3,NaN,NaN,NaN\n3,NaN,4,2,t\n");
}

TEST(CsvTable, IsTheSameHoweverResultsCome) {
  std::vector<std::size_t> order = {0, 1, 2};
  while (std::next_permutation(order.begin(), order.end()))
    EXPECT_EQ(table_of(kRows, order), table_of(kRows));
}

TEST(CsvTable, CallsWhatIsNoMapInputAndResult) {
  EXPECT_EQ(table_of({{"1", "2"}, {"\"t\"", ""}, {"[1]", R"({"x":5})"}}),
            "input,result,x\n1,2,NaN\nt,NaN,NaN\n[1],NaN,5\n");
  EXPECT_EQ(table_of({{"null", "null"}, {R"({"a":1})", "null"}}), "a\nNaN\n1\n");
}

TEST(CsvTable, PrefersTheResultOfAKeyThatBothHave) {
  EXPECT_EQ(table_of({{R"({"a":1,"b":2})", R"({"b":20})"}, {R"({"a":2,"b":3})", ""}}),
            "a,b\n1,20\n2,3\n");
}

TEST(CsvTable, NamesKeysThatAreNoText) {
  CsvTable table(CsvStyle::Plain, {});
  const std::string map = "\x81\x07\x01";  // {7: 1}
  table.look_at(TaskId{0}, as_bytes(map), {});
  table.fix_columns();
  ByteBuffer out;
  table.append_header(out);
  table.append_row(as_bytes(map), {}, out);
  EXPECT_EQ(as_text(out.view()), "7\n1\n");
}

TEST(CsvTable, WithoutColumnsIsNothing) {
  EXPECT_EQ(table_of({}), "");
  EXPECT_EQ(table_of({{"{}", "{}"}}), "");
}

TEST(CsvTable, HasTheColumnsThatAreNamed) {
  CsvTable table(CsvStyle::Plain, {"x", "a", "z"});
  EXPECT_EQ(written(table, kRows), "x,a,z\n1,1,NaN\nNaN,2,NaN\n2,3,NaN\n");
  EXPECT_EQ(table.take_warning(), "--columns: no row has a value of z");
  EXPECT_EQ(table.take_warning(), "");
}

TEST(CsvTable, HasALimitOfColumns) {
  CsvTable table(CsvStyle::Plain, {});
  for (std::size_t i = 0; i < CsvTable::kColumnsMax; ++i) {
    look_at(table, i, {"{\"k" + std::to_string(i) + "\":1}", ""});
  }
  EXPECT_FALSE(table.has_warning());
  look_at(table, 70000, {R"({"k0":2,"more":1})", ""});
  look_at(table, 70001, {R"({"another":1})", ""});
  EXPECT_EQ(table.take_warning(),
            "--out csv: there are more than 65536 different keys, and others than the first ones "
            "are left out; --columns "
            "names those that are wanted");
  EXPECT_FALSE(table.has_warning());
  table.fix_columns();
  ByteBuffer out;
  table.append_header(out);
  EXPECT_EQ(as_text(out.view()).find("more"), std::string_view::npos);
}

}  // namespace
}  // namespace spread
