#include "dev/styled_text.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace ofn::dev {
namespace {

constexpr Look kPlainLook;
constexpr Look kFull{.cursor = true, .colours = true, .links = true};

TEST(StyledText, DecidesFromTheEnvironmentWhatMayBeWritten) {
  using Variables = std::map<std::string, std::string>;
  struct Case {
    WritesTo to;
    Variables variables;
    Look look;
  };
  constexpr Look kColours{.cursor = true, .colours = true};
  for (const auto& [to, variables, look] : {
           Case{WritesTo::kTerminal, {{"TERM", "xterm-256color"}}, kColours},
           Case{WritesTo::kOther, {{"TERM", "xterm-kitty"}}, {}},
           Case{WritesTo::kTerminal, {}, {}},
           Case{WritesTo::kTerminal, {{"TERM", "dumb"}, {"VTE_VERSION", "7001"}}, {}},
           Case{WritesTo::kTerminal, {{"TERM", "xterm"}, {"NO_COLOR", "1"}}, {.cursor = true}},
           Case{WritesTo::kTerminal, {{"TERM", "xterm"}, {"NO_COLOR", ""}}, kColours},
           Case{WritesTo::kTerminal, {{"TERM", "xterm-kitty"}}, kFull},
           Case{WritesTo::kTerminal,
                {{"TERM", "xterm-kitty"}, {"NO_COLOR", "1"}},
                {.cursor = true, .links = true}},
           Case{WritesTo::kTerminal, {{"TERM", "xterm"}, {"VTE_VERSION", "4999"}}, kColours},
           Case{WritesTo::kTerminal, {{"TERM", "xterm"}, {"VTE_VERSION", "7001"}}, kFull},
           Case{WritesTo::kTerminal, {{"TERM", "xterm"}, {"KONSOLE_VERSION", "220401"}}, kFull},
           Case{WritesTo::kTerminal, {{"TERM", "xterm"}, {"WT_SESSION", "1"}}, kFull},
           Case{WritesTo::kTerminal, {{"TERM", "xterm"}, {"TERM_PROGRAM", "WezTerm"}}, kFull},
           Case{WritesTo::kTerminal,
                {{"TERM", "xterm"}, {"TERM_PROGRAM", "vscode"}, {"VTE_VERSION", "7001"}},
                kColours},
           Case{WritesTo::kTerminal, {{"TERM", "screen"}, {"VTE_VERSION", "7001"}}, kColours},
           Case{WritesTo::kTerminal, {{"TERM", "xterm"}, {"FORCE_HYPERLINK", "1"}}, kFull},
           Case{WritesTo::kTerminal, {{"TERM", "xterm-kitty"}, {"FORCE_HYPERLINK", "0"}}, kColours},
       }) {
    const auto variable = [&](const char* name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::string() : found->second;
    };
    std::string names;
    for (const auto& [name, value] : variables) names.append(name).append("=").append(value) += ' ';
    EXPECT_EQ(look_for(to, variable), look) << names;
  }
}

std::vector<Word> request(std::string path) {
  return {{.text = "15:38:00"},
          {.text = "GET"},
          {.text = std::move(path), .fit = Fit::kShrinks},
          {.text = "200"},
          {.text = "price", .gap = Gap::kDot}};
}

TEST(StyledText, WrapsAtTheWidth) {
  struct Case {
    std::size_t width;
    std::string path, text;
  };
  for (const auto& [width, path, text] : {
           Case{0, "/price/of/all", "15:38:00 GET /price/of/all 200 · price\n"},
           Case{38, "/price/of/all", "15:38:00 GET /price/of/all 200 · price\n"},
           // One column less: the path shrinks before anything is wrapped.
           Case{37, "/price/of/all", "15:38:00 GET /price/of/a… 200 · price\n"},
           Case{36, "/price/of/all", "15:38:00 GET /price/of/a… 200\n  price\n"},
           Case{20, "/price/of/all", "15:38:00 GET\n  /price/of/a… 200\n  price\n"},
           Case{10, "/price/of/all", "15:38:00\n  GET\n  /price/…\n  200\n  price\n"},
           Case{1, "/p", "…\n  …\n  …\n  …\n  …\n"},
       }) {
    StyledText written(kPlainLook, width);
    written.line(request(path));
    EXPECT_EQ(written.take(), text) << width;
  }
}

TEST(StyledText, NeverCutsAnAddress) {
  StyledText text(kPlainLook, 20);
  text.line({{.text = "serving"}, {.text = "http://127.0.0.1:8080/", .fit = Fit::kWhole}}, 2);
  EXPECT_EQ(text.take(), "  serving\n    http://127.0.0.1:8080/\n");
}

TEST(StyledText, AlignsATableThatFits) {
  const std::vector<std::vector<Word>> rows = {
      {{.text = "function"}, {.text = "price"}, {.text = ""}, {.text = "http"}},
      {{.text = "input"}, {.text = "日本"}, {.text = ""}, {.text = "from"}, {.text = "orders"}}};
  StyledText wide(kPlainLook, 31);
  wide.table(rows, 2);
  EXPECT_EQ(wide.take(),
            "  function  price  http\n"
            "  input     日本   from  orders\n");
  StyledText narrow(kPlainLook, 30);
  narrow.table(rows, 2);
  EXPECT_EQ(narrow.take(),
            "  function price http\n"
            "  input 日本 from orders\n");
}

TEST(StyledText, LinksThePlacesOfACompiler) {
  const auto uri_of = [](std::string_view file) { return "uri:" + std::string(file); };
  const auto linked = [](const std::string& file, const std::string& place) {
    return "\x1b]8;;uri:" + file + "\x1b\\\x1b[1m" + place + "\x1b[0m\x1b]8;;\x1b\\";
  };
  struct Case {
    std::string line, shown;
  };
  for (const auto& [line, shown] : {
           Case{"price.cc:12:5: error: no ‘x’: y",
                linked("price.cc", "price.cc:12:5") + ": \x1b[31merror:\x1b[0m no ‘x’: y"},
           Case{"a b/x.h:7: note: an error: x",
                "a " + linked("b/x.h", "b/x.h:7") + ": \x1b[36mnote:\x1b[0m an error: x"},
           Case{"a.cc:1:1: fatal error: x",
                linked("a.cc", "a.cc:1:1") + ": \x1b[31mfatal error:\x1b[0m x"},
           Case{"                 from b.cc:2:",
                "                 from " + linked("b.cc", "b.cc:2") + ":"},
           Case{"In file included from b.cc:2,",
                "In file included from " + linked("b.cc", "b.cc:2") + ","},
           Case{"   12 |   use(a.b:1)", "   12 |   use(a.b:1)"},
           Case{"      |   a.b:1", "      |   a.b:1"},
           Case{"at 12:00 error: std::x", "at 12:00 error: std::x"},
           Case{"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
           Case{"a.cc:(.text+0x5): undefined", "a.cc:(.text+0x5): undefined"},
           Case{":1: x", ":1: x"},
           Case{"", ""},
           Case{"x\x1b[31m", "x\\x1b[31m"},
       }) {
    StyledText text(kFull, 20);
    text.quote("|\n" + line + "\n|\n\n", uri_of);
    EXPECT_EQ(text.take(), "|\n" + shown + "\n|\n");
  }
  StyledText plain(kPlainLook, 20);
  plain.quote("price.cc:12:5: error: x is a long text that the terminal wraps", uri_of);
  EXPECT_EQ(plain.take(), "price.cc:12:5: error: x is a long text that the terminal wraps\n");
}

}  // namespace
}  // namespace ofn::dev
