#include "spread/sweep/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sweep_support.h"

namespace spread {
namespace {

using test::refusal;
using test::rows_of;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(TextSpec, KeepsWhatJsonSaysOfAValue) {
  EXPECT_THAT(rows_of("d=list:1,2.0,1e3,-5,true,null,text,\"a, b\",007 f=const:3"),
              ElementsAre(R"({"d":1,"f":3,"_row":0})", R"({"d":2.0,"f":3,"_row":1})",
                          R"({"d":1000.0,"f":3,"_row":2})", R"({"d":-5,"f":3,"_row":3})",
                          R"({"d":true,"f":3,"_row":4})", R"({"d":null,"f":3,"_row":5})",
                          R"({"d":"text","f":3,"_row":6})", R"({"d":"a, b","f":3,"_row":7})",
                          R"({"d":"007","f":3,"_row":8})"));
}

TEST(TextSpec, MaySpreadOverLinesWithComments) {
  EXPECT_THAT(rows_of("# what is tried\na=list:1,2   # two\n\tb=const:\"x # y\"\r\n"),
              ElementsAre(R"({"a":1,"b":"x # y","_row":0})", R"({"a":2,"b":"x # y","_row":1})"));
}

TEST(TextSpec, TakesNamesWithPointsHyphensAndLetters) {
  EXPECT_THAT(rows_of("fs.A_comp=const:1 learning-rate=const:2 \xc3\xa4=const:3"),
              ElementsAre("{\"fs.A_comp\":1,\"learning-rate\":2,\"\xc3\xa4\":3,\"_row\":0}"));
}

TEST(TextSpec, NamesTheColumnOfWhatIsWrong) {
  EXPECT_EQ(refusal("a=lin:0:1:5 b"), "SPEC, column 13: expected NAME=KIND:..., not 'b'");
  EXPECT_EQ(refusal("a=lin:0:x:5"), "SPEC, column 9: expected a number, not 'x'");
  EXPECT_EQ(refusal("a=lin:0:1:-5"), "SPEC, column 11: expected a number of values, not '-5'");
  EXPECT_EQ(refusal("a=lin:0:1"), "SPEC, column 7: expected lin:LO:HI:N, not '0:1'");
  EXPECT_EQ(refusal("a=normal:0"),
            "SPEC, column 10: expected normal:MEAN:SD or MEAN:SD:N, not '0'");
  EXPECT_EQ(refusal("a=list:1,,2"),
            "SPEC, column 10: a value is missing; an empty text is written \"\"");
  EXPECT_EQ(refusal("a=list:"),
            "SPEC, column 8: a value is missing; an empty text is written \"\"");
  EXPECT_EQ(refusal("a=file:"), "SPEC, column 8: the name of a file is missing");
  EXPECT_EQ(refusal("a=lin:1e999:1:2"),
            "SPEC, column 7: '1e999' is more or less than a number can say");
  EXPECT_EQ(refusal("a=lin:inf:1:2"), "SPEC, column 7: lin needs finite numbers");
}

TEST(TextSpec, NamesTheLineWhereThereAreSeveral) {
  EXPECT_EQ(refusal("a=const:1\n\n  b=lin:0:1:0\n"),
            "SPEC, line 3, column 9: lin needs at least one value, not 0");
}

TEST(TextSpec, RefusesUnknownKindsWithTheListOfThem) {
  EXPECT_EQ(
      refusal("a=1,2,3"),
      "SPEC, column 3: expected a kind and a colon, one of lin, geom, revgeom, list, file, const, "
      "uniform, normal, column, lhs, sobol, halton, not '1,2,3'");
  EXPECT_THAT(refusal("a=range:0:5"), HasSubstr("not 'range:0:5'"));
  EXPECT_THAT(refusal("a="), HasSubstr("expected a kind and a colon"));
}

TEST(TextSpec, RefusesNamesThatCannotBeOne) {
  EXPECT_THAT(refusal("=const:1"), HasSubstr("column 1: a name is missing"));
  EXPECT_THAT(refusal("1a=const:1"), HasSubstr("'1a' cannot be a name"));
  EXPECT_THAT(refusal("a b=const:1"), HasSubstr("column 1: expected NAME=KIND"));
  EXPECT_THAT(refusal("a+=const:1"), HasSubstr("'a+' cannot be a name"));
  EXPECT_THAT(refusal("_row=const:1"),
              HasSubstr("_row is the name that spread gives the number of a row"));
  EXPECT_THAT(refusal("_run=const:1"), HasSubstr("the number of a run"));
  EXPECT_THAT(refusal("\xff=const:1"), HasSubstr("cannot be a name"));
}

TEST(TextSpec, RefusesNumbersThatFitNothing) {
  EXPECT_THAT(refusal("d=list:99999999999999999999"), HasSubstr("column 8"));
  EXPECT_THAT(refusal("d=const:[1,2]"), HasSubstr("only the JSON form"));
  EXPECT_THAT(refusal("d=const:\"open"), HasSubstr("begins with a quote and is no JSON string"));
}

TEST(TextSpec, ChecksRanges) {
  EXPECT_THAT(refusal("a=geom:0:1:3"),
              HasSubstr("geom needs two numbers of one sign and not 0, not 0 and 1"));
  EXPECT_THAT(refusal("a=revgeom:-1:1:3"), HasSubstr("of one sign"));
  EXPECT_THAT(refusal("a=normal:0:-1"),
              HasSubstr("a standard deviation is not negative, as -1 is"));
  EXPECT_THAT(refusal("a=lin:-1e308:1e308:3"), HasSubstr("more than a number can say"));
  EXPECT_THAT(refusal("a=lin:0:1:9007199254740993"),
              HasSubstr("lin has at most 9007199254740992 values"));
}

TEST(TextSpec, SaysWhatIsWrongWithAZip) {
  EXPECT_EQ(refusal("zip(a=list:1"), "SPEC, column 1: this zip( is not closed");
  EXPECT_EQ(refusal("zip()"), "SPEC, column 1: this zip() has no parameters");
  EXPECT_EQ(refusal("zip(zip(a=list:1))"), "SPEC, column 5: a zip in a zip");
  EXPECT_EQ(refusal("zip(a=list:1)b=list:2"), "SPEC, column 14: expected a blank behind zip(...)");
}

TEST(ValueFiles, AreLinesOrAJsonArray) {
  const auto read = [](const std::string& name) -> Result<std::string> {
    if (name == "lines") return std::string("1\n2.5\r\n\n  \na, b\n");
    if (name == "my array") return std::string("\n[1, [2], \"x\"]\n");
    if (name == "bad") return std::string("1\n\"x\n");
    if (name == "empty") return std::string("\n\n");
    return fail("cannot open " + name + ": No such file or directory");
  };
  const auto values = [&](std::string_view text) -> std::vector<std::string> {
    auto spec = parse_sweep_spec(text, "SPEC");
    if (!spec) return {spec.error().message};
    if (const Status done = read_value_files(*spec, read); !done) return {done.error().message};
    auto sweep = Sweep::make(std::move(*spec), {});
    if (!sweep) return {sweep.error().message};
    std::vector<std::string> found;
    for (Value payload; (*sweep)->next(payload) == Sweep::Step::Row;)
      found.push_back(test::json_of(payload));
    return found;
  };
  EXPECT_THAT(values("a=file:lines"), ElementsAre(R"({"a":1,"_row":0})", R"({"a":2.5,"_row":1})",
                                                  R"({"a":"a, b","_row":2})"));
  EXPECT_THAT(values("zip(a=file:\"my array\" b=list:1,2,3)"),
              ElementsAre(R"({"a":1,"b":1,"_row":0})", R"({"a":[2],"b":2,"_row":1})",
                          R"({"a":"x","b":3,"_row":2})"));
  EXPECT_THAT(values("a=file:bad"),
              ElementsAre(HasSubstr("a: file bad: line 2: '\"x' begins with a quote")));
  EXPECT_THAT(values("a=file:empty"), ElementsAre("a: file empty has no values"));
  EXPECT_THAT(values("a=file:none"), ElementsAre("a: cannot open none: No such file or directory"));
}

TEST(JsonSpec, HasTheKeysOfParameterSweep) {
  EXPECT_EQ(
      rows_of(
          R"({"a": {"type": "LinearSample", "lower_limit": 0.1, "upper_limit": 0.9, "num_samples": 3,
                              "param": "fs.a", "set_mode": "fix_value", "default_value": null},
                        "b": {"type": "GeomSample", "lower_limit": 1, "upper_limit": 10, "num_samples": 3},
                        "c": {"type": "ReverseGeomSample", "lower_limit": 1, "upper_limit": 10, "num_samples": 2},
                        "d": {"type": "PredeterminedFixedSample", "array": [1, 2, 5]},
                        "e": 3})"),
      rows_of("a=lin:0.1:0.9:3 b=geom:1:10:3 c=revgeom:1:10:2 d=list:1,2,5 e=const:3"));
  EXPECT_EQ(
      rows_of(
          R"({"u": {"type": "UniformSample", "lower_limit": -1, "upper_limit": 1, "num_samples": 4},
                        "n": {"type": "NormalSample", "mean": 5, "std": 0.5, "num_samples": 4},
                        "p": {"type": "PredeterminedRandomSample", "array": [1, 2, 3, 4]}})"),
      rows_of("u=uniform:-1:1 n=normal:5:0.5 p=column:1,2,3,4", test::samples(4)));
  EXPECT_EQ(
      rows_of(R"({"l": {"type": "LatinHypercubeSample", "lower_limit": 0, "upper_limit": 1}})",
              test::samples(4)),
      rows_of("l=lhs:0:1:4"));
}

TEST(JsonSpec, HasTheKindsOfTheTextFormToo) {
  EXPECT_EQ(
      rows_of(
          R"({"z": {"type": "zip", "parameters": {"a": [1, 2], "b": {"type": "list", "array": ["x", "y"]}}},
                        "c": {"type": "const", "value": true}})"),
      rows_of("zip(a=list:1,2 b=list:x,y) c=const:true"));
  EXPECT_EQ(rows_of(R"({"a": {"type": "sobol", "lower_limit": 0, "upper_limit": 2},
                        "b": {"type": "SobolSample", "lower_limit": 0, "upper_limit": 2}})",
                    test::samples(8)),
            rows_of("a=sobol:0:2 b=sobol:0:2", test::samples(8)));
}

TEST(JsonSpec, TakesAnyValue) {
  EXPECT_THAT(rows_of(R"({"a": [[1, 2], {"k": null}]})"),
              ElementsAre(R"({"a":[1,2],"_row":0})", R"({"a":{"k":null},"_row":1})"));
}

TEST(JsonSpec, NamesTheParameterAndTheKey) {
  EXPECT_THAT(refusal("{\"a\": 1,}"), HasSubstr("SPEC: "));
  EXPECT_EQ(refusal(R"({"a": {"type": "LinearSample", "lower_limit": 0, "upper_limit": 1}})"),
            "SPEC: 'a': \"num_samples\" is missing");
  EXPECT_EQ(
      refusal(
          R"({"a": {"type": "LinearSample", "lower_limit": "0", "upper_limit": 1, "num_samples": 2}})"),
      "SPEC: 'a': \"lower_limit\": expected a number");
  EXPECT_EQ(
      refusal(R"({"a": {"type": "lin", "lower_limit": 0, "upper_limit": 1, "num_samples": 2.5}})"),
      "SPEC: 'a': \"num_samples\": expected a whole number of at least 1");
  EXPECT_EQ(refusal(R"({"a": {"type": "const", "values": 0}})"),
            "SPEC: 'a': unknown key 'values'; it has type, value");
  EXPECT_THAT(refusal(R"({"a": {"type": "Linear"}})"),
              HasSubstr("\"type\": expected LinearSample, "));
  EXPECT_EQ(refusal(R"({"a": {"kind": "lin"}})"), "SPEC: 'a': \"type\" is missing");
  EXPECT_EQ(refusal(R"({"a": {"type": 1}})"), "SPEC: 'a': \"type\": expected a text");
  EXPECT_EQ(refusal(R"({"a": 1, "a": 2})"), "SPEC: 'a' is there twice");
  EXPECT_EQ(refusal(R"({"a": []})"), "SPEC: 'a': a list without values");
  EXPECT_EQ(refusal(R"({"a": {"type": "list", "array": 1}})"),
            "SPEC: 'a': \"array\": expected a list of values");
  EXPECT_EQ(refusal(R"({"z": {"type": "zip"}})"), "SPEC: 'z': a zip has an object \"parameters\"");
  EXPECT_EQ(refusal(R"({"z": {"type": "zip", "parameters": {"a": {"type": "zip"}}}})"),
            "SPEC: 'z': 'a': a zip in a zip");
  EXPECT_EQ(refusal(R"({"1": 1})"),
            "SPEC: '1': '1' cannot be a name: it has letters, digits, _, . and -, and begins with "
            "a letter or _");
  EXPECT_EQ(refusal(R"({"$bin": "eHg="})"), "SPEC: expected an object of parameters");
  EXPECT_EQ(refusal("{}"), "a sweep needs at least one parameter, as in a=lin:0:1:5");
}

}  // namespace
}  // namespace spread
