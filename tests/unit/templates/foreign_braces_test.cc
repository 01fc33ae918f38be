// What is in braces and no placeholder: what is refused since GNU parallel would replace it, and
// what is passed on since another program reads it.
#include "spread/command/foreign_braces.h"

#include <gmock/gmock.h>

#include "command_testing.h"

namespace spread {
namespace {

using test::command_options;
using test::refusal;
using test::render;
using test::Words;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kTheirs[] = {
    "{= $_=uc =}", "{=uc=}", "{1= s/a/b/ =}", "{-1= $_ =}", "{+/}",     "{+.}",    "{+..}",
    "{+...}",      "{2+/}",  "{1+.}",         "{...}",      "{/...}",   "{-1...}", "{##}",
    "{0#}",        "{00#}",  "{0%}",          "{00%}",      "{slot}",   "{host}",  "{sshlogin}",
    "{hgrp}",      "{agrp}", "{uniq}",        "{choose_k}", "{:3}",     "{:1:2}",  "{:-none}",
    "{:-not set}", "{#pre}", "{##pre}",       "{%%.gz}",    "{^a}",     "{^^a}",   "{^[a-z]}",
    "{,a}",        "{,,A}",  "{/a/b}",        "{//a/b}",    "{/.tar/}",
};

constexpr std::string_view kText[] = {
    "{print $1}", "{\"a\":1}", "{a,b}",      "{,a,b}",   "{1..9}",  "{a..z}",     "{0}",
    "{foo}",      "{% if %}",  "{{.Names}}", "{{...}}",  "{{##}}",  "${x:2}",     "${x#a}",
    "${x%%.gz}",  "${x^^}",    "${#x}",      "${x/a/b}", "${host}", "%{host}",    "a{2,3}",
    "a{,3}",      "a{3,}",     "\\{##}",     "{x:.2f}",  "{:>10}",  "{:.2f}",     "{x!r}",
    "{ echo; }",  "{1:2}",     "{2:'x'}",    "@{+/}",    "#{host}", "{# note #}", "{x}",
    "{a b}",      "{}}",       "{ {} }",     "{/}x}",    "{name}",  "{+}",
};

TEST(ForeignBraces, AreRefusedInWordsAndInsideThem) {
  for (const std::string_view braces : kTheirs) {
    for (const std::string& word : {std::string(braces), "x" + std::string(braces) + "y"}) {
      EXPECT_THAT(refusal({"echo", word, "{}"}), HasSubstr("GNU parallel's")) << word;
      EXPECT_THAT(refusal({"echo", word, "{}"}), HasSubstr("-q passes it")) << word;
    }
  }
}

TEST(ForeignBraces, AreRefusedInScripts) {
  for (const std::string_view braces : kTheirs) {
    for (const std::string_view form :
         {"echo '@'; : {}", "echo \"x@\" {}", "echo $(echo '@') {}", "cat {} <<E\n@\nE",
          "sh -c 'echo @'", "case {} in a) echo '@' ;; esac", "x='@' echo {}", "echo {} >'@'"}) {
      std::string script(form);
      const std::size_t at = script.find('@');
      if (braces.find_first_of("'\"") != std::string_view::npos) continue;
      script.replace(at, 1, braces);
      EXPECT_THAT(refusal({script}), HasSubstr("--literal-braces passes it")) << script;
    }
  }
  EXPECT_THAT(refusal({"mv {} {= $_=uc =}"}), HasSubstr("'x={}; mv \"$x\" \"${x^^}\"'"));
  EXPECT_THAT(refusal({"sh", "-c", "mv {} {+/}/x"}), HasSubstr("{//} is the directory"));
  EXPECT_THAT(refusal({"sh", "-c", "ls {+/}"}), HasSubstr("{//} is the directory"));
}

TEST(ForeignBraces, OfOthersAreText) {
  for (const std::string_view braces : kText) {
    const std::string word(braces);
    EXPECT_EQ(refusal({"echo", word, "{}"}), "") << word;
    if (braces.find('\'') == std::string_view::npos) {
      EXPECT_EQ(refusal({"echo '" + word + "' {}"}), "") << word;
    }
  }
  // An expansion of bash has neighbours.
  EXPECT_EQ(refusal({"cp {} {}{,.bak}"}), "");
  EXPECT_EQ(refusal({"ls {,a}{}"}), "");
  EXPECT_THAT(refusal({"ls {,a} {}"}), HasSubstr("GNU parallel's"));
  EXPECT_EQ(refusal({"x=a; echo ${x#a} \"${x^^}\" ${x/a/b} {}"}), "");
  EXPECT_EQ(refusal({"echo {} # {+/} {= =}"}), "");
}

TEST(ForeignBraces, OfAProgramForAnInterpreterAreItsOwn) {
  for (const Words& words :
       {Words{"python3", "-c", "import sys; print('{:5}{:-5}{host}'.format(1, 2, host=3))", "{}"},
        Words{"awk", "{...}", "{}"}, Words{"jq", "{,a}", "{}"},
        Words{"perl", "-e", "s/{^x}//", "{}"}, Words{"python3 -c 'print(\"{:5}\".format(1))' {}"},
        Words{"x=$(python3 -c \"print('{:5}'.format(1))\"); echo \"$x\" {}"}}) {
    EXPECT_EQ(refusal(words), "") << words.back();
  }
  EXPECT_NE(refusal({"python3", "-c", "print('{= uc =}')", "{}"}), "");
  EXPECT_NE(refusal({"ssh", "h", "ls {+/}"}), "");
}

TEST(ForeignBraces, ArePassedWhereAskedFor) {
  TemplateOptions options = command_options();
  options.exec_always = true;
  EXPECT_THAT(render({"echo", "{= uc =}{##}", "{}"}, {"a"}, options),
              ElementsAre("echo", "{= uc =}{##}", "a"));
  options.exec_always = false;
  options.literal_braces = true;
  EXPECT_EQ(render({"echo {= uc =}{##} {}"}, {"a"}, options)[2], "echo {= uc =}{##} \"$1\"");
  EXPECT_THAT(render({"echo", "{+/}", "{}"}, {"a"}, options), ElementsAre("echo", "{+/}", "a"));
}

TEST(ForeignBraces, WithoutItemsAreThoseThatNeedNone) {
  TemplateOptions options = command_options();
  options.has_item = options.append = false;
  for (const char* braces : {"{+/}", "{...}", "{:2}", "{host}", "{,a}", "{print $1}"}) {
    EXPECT_EQ(refusal({"echo", braces}, options), "") << braces;
    EXPECT_EQ(refusal({std::string("echo '") + braces + "'"}, options), "") << braces;
  }
  for (const char* braces : {"{##}", "{0#}", "{00%}", "{= seq() =}"}) {
    EXPECT_NE(refusal({"echo", braces}, options), "") << braces;
    EXPECT_NE(refusal({std::string("echo '") + braces + "'"}, options), "") << braces;
  }
}

TemplateOptions with_columns(std::vector<std::string> names) {
  TemplateOptions options = command_options();
  options.names = std::move(names);
  return options;
}

TEST(Columns, ThatAreNearlyCalledSoAreRefused) {
  const TemplateOptions options = with_columns({"name", "First Name", "größe"});
  for (const char* braces :
       {"{nmae}", "{Name}", "{NAME}", "{nam}", "{names}", "{name }", "{ name}", "{Name.}",
        "{naem/.}", "{first name}", "{firstname}", "{FirstName}", "{First_Name}", "{grösse}"}) {
    EXPECT_THAT(refusal({"echo", braces}, options), HasSubstr("is no column; did you mean {"))
        << braces;
    EXPECT_THAT(refusal({std::string("echo '") + braces + "'"}, options),
                HasSubstr("is no column; did you mean {"))
        << braces;
  }
  EXPECT_EQ(refusal({"echo", "{nmae}"}, with_columns({})), "");
  EXPECT_THAT(refusal({"echo", "{c}"}, with_columns({"a", "b"})), HasSubstr("did you mean {a}?"));
}

TEST(Columns, OfOtherNamesArePassedAndTold) {
  const TemplateOptions options = with_columns({"name", "x y", "host"});
  const auto unknown = [&](const Words& words) {
    const auto made = CommandTemplate::create(words, options);
    return made ? made->unknown_columns() : std::vector<std::string>{made.error().message};
  };
  EXPECT_THAT(unknown({"echo", "{colour} {colour.}", "{name}"}),
              ElementsAre("{colour}", "{colour.}"));
  EXPECT_THAT(unknown({"echo {colour} {name}"}), ElementsAre("{colour}"));
  EXPECT_THAT(unknown({"echo", "{print $1}", "${colour}", "%{colour}", "{{colour}}", "{name}",
                       "{host}", "{a,b}", "{\"a\":1}"}),
              IsEmpty());
  EXPECT_THAT(unknown({"awk", "{print}", "{name}"}), IsEmpty());
  EXPECT_THAT(unknown({"echo ${colour} {name} # {colour}"}), IsEmpty());
}

TEST(Columns, ThatAreNotKnownYetMayBeCalledAsTheirReplacements) {
  TemplateOptions options = command_options();
  options.names_follow = true;
  EXPECT_EQ(refusal({"echo", "{host} {slot}"}, options), "");
  EXPECT_NE(refusal({"echo", "{+/}"}, options), "");
}

}  // namespace
}  // namespace spread
