#include "context/env_file.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Returns "NAME=value@place" for each variable, or the text of each problem.
std::vector<std::string> parsed(std::string_view text, std::vector<Note>* notes = nullptr) {
  std::vector<Note> ignored;
  std::vector<std::string> result;
  const auto variables = parse_env_file("f", text, notes != nullptr ? *notes : ignored);
  if (!variables) {
    for (const Problem& problem : variables.error()) result.push_back(problem.text());
    return result;
  }
  for (const FileVariable& variable : *variables) {
    result.push_back(variable.name + '=' + variable.value + '@' + variable.place);
  }
  return result;
}

TEST(EnvFile, Values) {
  struct Case {
    std::string_view line;
    std::string_view expected;  // of a variable that is named A
  };
  const Case cases[] = {
      {"A=b", "b"},
      {"A=", ""},
      {"A=  ", ""},
      {"export A=b", "b"},
      {"export\t A=b", "b"},
      {" \tA \t=\t b c \t", "b c"},
      {"A=b=c==", "b=c=="},
      // Comments.
      {"A=b # c", "b"},
      {"A=b\t#c", "b"},
      {"A=b#c", "b#c"},
      {"A=#b", "#b"},
      {"A= #b", ""},
      {"A=b #", "b"},
      {"A=#b #c", "#b"},
      // Without quotes, every character stands for itself.
      {"A=$B ${C} `d` $(e)", "$B ${C} `d` $(e)"},
      {R"(A=C:\new\t)", R"(C:\new\t)"},
      {R"(A=b"c'd)", R"(b"c'd)"},
      {"A=\x01\xFF\xC3\xA4", "\x01\xFF\xC3\xA4"},
      // Single quotes.
      {"A=''", ""},
      {"A='b'", "b"},
      {"A= ' b # c ' ", " b # c "},
      {"A='b' # c", "b"},
      {"A='b'\t#", "b"},
      {R"(A='b\n"$c\')", R"(b\n"$c\)"},
      // Double quotes.
      {R"(A="")", ""},
      {R"(A=" b # c ")", " b # c "},
      {R"(A="b" # "c")", "b"},
      {R"(A="\n\r\t\"\\\$")", "\n\r\t\"\\$"},
      {R"(A="$b '${c}'")", "$b '${c}'"},
      {R"(A="b\\")", "b\\"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(parsed(c.line), ElementsAre("A=" + std::string(c.expected) + "@f:1")) << c.line;
  }
}

TEST(EnvFile, Lines) {
  EXPECT_THAT(parsed(""), IsEmpty());
  EXPECT_THAT(parsed("\n \n\t\r\n# A=b\n  #"), IsEmpty());
  EXPECT_THAT(parsed("\xEF\xBB\xBF"), IsEmpty());
  EXPECT_THAT(parsed("\xEF\xBB\xBF"
                     "A=1\r\n\r\n#\r\nB=2\n\nC='3'\r\n"),
              ElementsAre("A=1@f:1", "B=2@f:4", "C=3@f:6"));
  EXPECT_THAT(parsed("_=1\na.b-C_9=2\n-=3\n.=4\nexport=5\nexported=6"),
              ElementsAre("_=1@f:1", "a.b-C_9=2@f:2", "-=3@f:3", ".=4@f:4", "export=5@f:5",
                          "exported=6@f:6"));
}

TEST(EnvFile, Problems) {
  const std::string name =
      "f:1: expected a name of letters, digits, \"_\", \"-\" and \".\" that does not begin with a "
      "digit, found ";
  const std::string after =
      "f:1: expected the end of the line, or a blank and a comment, after the closing quote, found "
      "more text";
  const std::string without =
      "f:1: expected NAME=value, or a comment that begins with \"#\", found a line without \"=\"";
  const std::string double_open =
      "f:1: expected a closing \" in the same line; a line break within the value is written \\n, "
      "found the end of the line";
  const std::string single_open =
      "f:1: expected a closing ' in the same line, found the end of the line";
  const std::string escape =
      R"(f:1: expected \n, \r, \t, \", \\ or \$ within double quotes; single quotes keep every )"
      "backslash, found a backslash before another character";
  const std::string carriage_return =
      "f:1: expected a line that ends with LF or CR LF, found a carriage return within the line";
  const std::string utf16 = "f:1: expected text in UTF-8, found text in UTF-16";
  struct Case {
    std::string text;
    std::string expected;
  };
  const Case cases[] = {
      {"A", without},
      {"export A", without},
      {"export", without},
      {"A: b", without},
      {"=b", name + "nothing before \"=\""},
      {"export =b", name + "nothing before \"=\""},
      {"export A B=c", name + "a blank in it"},
      {"A B=c", name + "a blank in it"},
      {"1A=b", name + "a digit at its beginning"},
      {"A+=b", name + "the character \"+\""},
      {"\"A\"=b", name + "the character \"\\\"\""},
      {"\x7F=b", name + "the character \"\\x7f\""},
      {"\xC3\x84=b", name + "a character in it that is not ASCII"},
      {"A='b", single_open},
      {"A='", single_open},
      {"A='b\nc'", single_open + ";f:2" + without.substr(3)},
      {"A=\"b", double_open},
      {"A=\"b\\", double_open},
      {"A=\"b\\\"", double_open},
      {"A='b'c", after},
      {"A='b'#c", after},
      {"A=\"b\" c", after},
      {"A='it'\\''s'", after},
      {R"(A="C:\dir")", escape},
      {R"(A="\'")", escape},
      {std::string("A=b\0c", 5), "f:1: expected text, found a NUL byte"},
      {std::string("#\0", 2), "f:1: expected text, found a NUL byte"},
      {"A=b\rB=c", carriage_return},
      {"A=b\r\r\n", carriage_return},
      {"A=b\r", carriage_return},
      {std::string("\xFF\xFE\x41\0", 4), utf16},
      {std::string("\xFE\xFF\0\x41", 4), utf16},
  };
  for (const Case& c : cases) {
    std::string all;
    for (const std::string& text : parsed(c.text)) all += (all.empty() ? "" : ";") + text;
    EXPECT_EQ(all, c.expected) << c.text;
  }
}

TEST(EnvFile, ProblemsShowNoPartOfAValue) {
  for (const std::string_view line :
       {"tiger", "tiger tiger=1", "A='tiger", "A=\"tiger", "A='tiger'tiger", "A=\"tiger\\d\"",
        "A=tiger\rtiger", "tiger+tiger="}) {
    for (const std::string& text : parsed(line)) {
      EXPECT_EQ(text.find("tiger"), std::string::npos) << text;
    }
  }
}

TEST(EnvFile, AllProblemsAreReportedButNotThousands) {
  EXPECT_THAT(parsed("A\nB=1\nC='\n"), ElementsAre(HasSubstr("f:1: "), HasSubstr("f:3: ")));
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "x\n";
  EXPECT_EQ(parsed(text).size(), 20U);
}

TEST(EnvFile, AVariableIsNotLongerThanLinuxPasses) {
  const std::string longest = "A=" + std::string(131069, 'x');
  EXPECT_THAT(parsed(longest), ElementsAre(longest + "@f:1"));
  EXPECT_THAT(parsed(longest + 'x'),
              ElementsAre("f:1: expected a name and a value that have at most 131070 bytes "
                          "together, because Linux passes no more to a program, found 131071 "
                          "bytes"));
}

TEST(EnvFile, TheLastOfSeveralCounts) {
  std::vector<Note> notes;
  const auto variables = *parse_env_file("f", "A=1\nB=2\nA=3\nA=4\n", notes);
  EXPECT_THAT(notes,
              ElementsAre(Note{Level::kWarning, "f:3: A is given again; line 1 is not used"},
                          Note{Level::kWarning, "f:4: A is given again; line 3 is not used"}));
  EXPECT_THAT(lacking({}, variables, notes),
              ElementsAre(FileVariable{"A", "4", "f:4"}, FileVariable{"B", "2", "f:2"}));
}

TEST(EnvFile, CutAtEveryByteItIsReadOrRefused) {
  const std::string whole =
      "\xEF\xBB\xBF# c\r\nexport A = \"\\n\\\"x\\\\\" # c\nB='\\' \nC=d #e\n\nD=\"\\$\"\r\n";
  ASSERT_EQ(parsed(whole).size(), 4U);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    for (const std::string& line : parsed(whole.substr(0, size))) {
      EXPECT_THAT(line, testing::MatchesRegex("(.|\n)*@f:[0-9]+|f:[0-9]+: expected .*, found .*"))
          << size;
    }
  }
}

TEST(EnvFile, TheEnvironmentComesFirst) {
  const Environment env = environment_of({{"SET", "1"}, {"EMPTY", ""}});
  std::vector<Note> notes;
  auto variables =
      lacking(env, {{"SET", "2", "f:1"}, {"EMPTY", "3", "f:2"}, {"NEW", "4", "f:3"}}, notes);
  EXPECT_THAT(variables, ElementsAre(FileVariable{"NEW", "4", "f:3"}));
  EXPECT_THAT(
      notes,
      ElementsAre(Note{Level::kDebug, "f:2: EMPTY is not used, because the environment sets it"},
                  Note{Level::kDebug, "f:1: SET is not used, because the environment sets it"}));
  const Environment all = with_variables(env, std::move(variables));
  EXPECT_EQ(all("SET"), "1");
  EXPECT_EQ(all("EMPTY"), "");
  EXPECT_EQ(all("NEW"), "4");
  EXPECT_EQ(all("OTHER"), std::nullopt);
  EXPECT_EQ(all.label("SET"), "SET");
  EXPECT_EQ(all.label("NEW"), "f:3 (NEW)");
  EXPECT_EQ(without(all, "SET").label("NEW"), "f:3 (NEW)");
  EXPECT_EQ(without(all, "NEW")("NEW"), std::nullopt);
}

}  // namespace
}  // namespace ofn
