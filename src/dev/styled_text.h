// Composes lines for a terminal, or for a file: words with colours and links, wrapped at the terminal's width.
//
//   StyledText text(look, 80);
//   text.line({{.text = "build 5 failed", .style = Style::kBad}, {.text = "saved price.cc", .gap = Gap::kDot}});
//   say(text.take());                         // "build 5 failed · saved price.cc\n"
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ofn::dev {

// The sequences that may be written.
struct Look {
  bool cursor = false;   // those that move the cursor and reset colours
  bool colours = false;  // SGR
  bool links = false;    // OSC 8: a text that opens a file when it is clicked
  friend bool operator==(const Look&, const Look&) = default;
};

enum class WritesTo : std::uint8_t { kTerminal, kOther };

// Decides from the environment: `variable` returns a variable's value, empty if it is not set. Anything but a terminal gets plain
// text, and so does TERM=dumb. NO_COLOR turns colours off. Links are for terminals that are known to show them; FORCE_HYPERLINK=1
// and =0 decide for others. In the terminal of VS Code, which finds "file:line" itself, a link would lose the line.
// Spec: no-color.org; "Hyperlinks (a.k.a. HTML-like anchors) in terminal emulators" (OSC 8).
Look look_for(WritesTo writes_to, const std::function<std::string(const char*)>& variable);

enum class Style : std::uint8_t { kPlain, kFaint, kBold, kGood, kFair, kWarning, kBad };
// What stands between a word and the one before it, if they stand in one line.
enum class Gap : std::uint8_t { kBlank, kDot, kComma, kNone };
// How a line treats a word that does not fit into it.
enum class Fit : std::uint8_t {
  kCut,      // it gets a line of its own and is cut at the line's end
  kShrinks,  // it is cut first, so that the words behind it stay in its line
  kWhole,    // it is never cut: an address, a file and its line
};

struct Word {
  std::string text;  // visible (visible_text.h), one line
  Style style = Style::kPlain;
  Gap gap = Gap::kBlank;
  Fit fit = Fit::kCut;
  std::string link = {};  // a URI; empty: none
};

// Lifetime: a value. Threads: one at a time.
class StyledText {
 public:
  // Lines have at most `width` columns, except for words of Fit::kWhole; 0: any number.
  StyledText(Look look, std::size_t width) : look_(look), width_(width) {}

  // Adds a line. If it is too wide, its words are wrapped, the following lines two columns further in. A word that shrinks keeps
  // at least 12 columns.
  void line(std::vector<Word> words, std::size_t indent = 0);
  // Adds rows with aligned columns, or, if they are too wide, a wrapped line for each row.
  void table(std::vector<std::vector<Word>> rows, std::size_t indent = 0);
  // Adds a text of another program: its lines stay as they are, and the terminal wraps them. The text is not visible yet. Places
  // ("price.cc:12:5") become links: `uri_of` returns the URI of a file.
  void quote(std::string_view text, const std::function<std::string(std::string_view)>& uri_of);

  // Returns the lines, each with its line feed.
  std::string take() { return std::move(text_); }

 private:
  void append(const Word& word);
  void append_gap(Gap gap);
  void append_in(Style style, std::string_view text);
  void quote_line(std::string_view line,
                  const std::function<std::string(std::string_view)>& uri_of);

  Look look_;
  std::size_t width_;
  std::string text_;
};

// The words of a sentence, so that it can be wrapped. The text is not visible yet.
std::vector<Word> words_of(std::string_view sentence, Style style = Style::kPlain);

}  // namespace ofn::dev
