#include "dev/styled_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "dev/visible_text.h"

namespace ofn::dev {

namespace {

constexpr std::size_t kLeastShrunk = 12;

constexpr std::string_view sequence_of(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kFaint:
      return "\x1b[2m";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kGood:
      return "\x1b[32m";
    case Style::kFair:
      return "\x1b[36m";
    case Style::kWarning:
      return "\x1b[33m";
    case Style::kBad:
      return "\x1b[31m";
  }
  return "";
}

constexpr std::string_view text_of(Gap gap) {
  switch (gap) {
    case Gap::kBlank:
      return " ";
    case Gap::kDot:
      return " · ";
    case Gap::kComma:
      return ", ";
    case Gap::kNone:
      return "";
  }
  return "";
}

constexpr std::size_t columns_of(Gap gap) {
  return gap == Gap::kDot ? 3 : gap == Gap::kComma ? 2 : gap == Gap::kBlank ? 1 : 0;
}

bool shows_links(const std::function<std::string(const char*)>& variable) {
  if (const std::string forced = variable("FORCE_HYPERLINK"); !forced.empty()) return forced != "0";
  const std::string program = variable("TERM_PROGRAM");
  static constexpr std::array<std::string_view, 5> kPrograms = {"iTerm.app", "WezTerm", "ghostty",
                                                                "Tabby", "rio"};
  if (!program.empty()) return std::ranges::find(kPrograms, program) != kPrograms.end();
  const std::string term = variable("TERM");
  if (term.starts_with("screen") || term.starts_with("tmux")) return false;
  static constexpr std::array<std::string_view, 6> kTerms = {
      "xterm-kitty", "alacritty", "foot", "foot-extra", "xterm-ghostty", "contour"};
  if (std::ranges::find(kTerms, term) != kTerms.end()) return true;
  // Numbers of versions: VTE 0.50, Konsole 20.12.
  const auto at_least = [&](const char* name, std::size_t digits, std::string_view least) {
    const std::string version = variable(name);
    return version.size() > digits || (version.size() == digits && version >= least);
  };
  return at_least("VTE_VERSION", 4, "5000") || at_least("KONSOLE_VERSION", 6, "201200") ||
         !variable("WT_SESSION").empty();
}

// The place of a file's line in a line of a compiler: "price.cc:12:5".
struct Place {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view file{};
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view line, std::size_t at) {
  while (at < line.size() && is_digit(line[at])) ++at;
  return at;
}

// The part of a line between two blanks that has a place.
std::optional<Place> place_in(std::string_view line, std::size_t begin, std::size_t end) {
  for (std::size_t colon = line.find(':', begin + 1); colon < end;
       colon = line.find(':', colon + 1)) {
    std::size_t stop = skip_digits(line, colon + 1);
    if (stop == colon + 1 || stop > end) continue;
    const std::string_view file = line.substr(begin, colon - begin);
    // "12:00" and "http://127.0.0.1:8080" are no files.
    if (file.find_first_of("./") == std::string_view::npos || file.contains("://"))
      return std::nullopt;
    if (stop + 1 < end && line[stop] == ':' && is_digit(line[stop + 1]))
      stop = skip_digits(line, stop + 1);
    return Place{.begin = begin, .end = stop, .file = file};
  }
  return std::nullopt;
}

std::optional<Place> first_place(std::string_view line) {
  const std::size_t first = line.find_first_not_of(' ');
  // The compiler quotes the source: "   12 |   x = 1;".
  if (first == std::string_view::npos || line[first] == '|' ||
      (is_digit(line[first]) && line.find(" |", first) == skip_digits(line, first)))
    return std::nullopt;
  for (std::size_t begin = first; begin < line.size();) {
    const std::size_t end = std::min(line.find(' ', begin), line.size());
    if (end > begin) {
      if (const auto place = place_in(line, begin, end)) return place;
    }
    begin = end + 1;
  }
  return std::nullopt;
}

// The word by which a compiler says how bad it is.
struct Severity {
  std::string_view word;
  Style style;
};
constexpr std::array<Severity, 4> kSeverities = {{{"fatal error:", Style::kBad},
                                                  {"error:", Style::kBad},
                                                  {"warning:", Style::kWarning},
                                                  {"note:", Style::kFair}}};

struct FoundSeverity {
  Severity severity;
  std::size_t at;
};

std::optional<FoundSeverity> first_severity(std::string_view line, std::size_t from) {
  std::optional<FoundSeverity> first;
  for (const Severity& severity : kSeverities) {
    const std::size_t at = line.find(severity.word, from);
    if (at != std::string_view::npos && (!first || at < first->at))
      first = {.severity = severity, .at = at};
  }
  return first;
}

}  // namespace

Look look_for(WritesTo writes_to, const std::function<std::string(const char*)>& variable) {
  if (writes_to != WritesTo::kTerminal) return {};
  const std::string term = variable("TERM");
  if (term.empty() || term == "dumb") return {};
  return {.cursor = true, .colours = variable("NO_COLOR").empty(), .links = shows_links(variable)};
}

void StyledText::append_gap(Gap gap) {
  if (gap == Gap::kDot) return append_in(Style::kFaint, text_of(gap));
  text_ += text_of(gap);
}

void StyledText::append_in(Style style, std::string_view text) {
  const std::string_view sequence = look_.colours ? sequence_of(style) : "";
  text_ += sequence;
  text_ += text;
  if (!sequence.empty()) text_ += "\x1b[0m";
}

void StyledText::append(const Word& word) {
  const bool links = look_.links && !word.link.empty();
  if (links) text_.append("\x1b]8;;").append(word.link).append("\x1b\\");
  append_in(word.style, word.text);
  if (links) text_ += "\x1b]8;;\x1b\\";
}

void StyledText::line(std::vector<Word> words, std::size_t indent) {
  std::vector<std::size_t> sizes;
  std::size_t whole = indent;
  for (const Word& word : words) {
    sizes.push_back(columns(word.text));
    whole += sizes.back() + (&word == words.data() ? 0 : columns_of(word.gap));
  }
  for (std::size_t i = 0; width_ != 0 && whole > width_ && i < words.size(); ++i) {
    if (words[i].fit != Fit::kShrinks || sizes[i] <= kLeastShrunk) continue;
    const std::size_t excess = whole - width_;
    const std::size_t shrunk = std::max(kLeastShrunk, sizes[i] - std::min(sizes[i], excess));
    words[i].text = shortened(words[i].text, shrunk);
    whole -= sizes[i] - columns(words[i].text);
    sizes[i] = columns(words[i].text);
  }
  text_.append(indent, ' ');
  std::size_t used = indent;
  bool begins = true;
  for (std::size_t i = 0; i < words.size(); ++i) {
    Word& word = words[i];
    if (!begins && width_ != 0 && used + columns_of(word.gap) + sizes[i] > width_) {
      text_ += '\n';
      text_.append(indent + 2, ' ');
      used = indent + 2;
      begins = true;
    }
    if (width_ != 0 && word.fit != Fit::kWhole && begins && used + sizes[i] > width_) {
      word.text = shortened(word.text, width_ - std::min(used, width_));
      sizes[i] = columns(word.text);
    }
    if (!begins) {
      append_gap(word.gap);
      used += columns_of(word.gap);
    }
    append(word);
    used += sizes[i];
    begins = false;
  }
  text_ += '\n';
}

void StyledText::table(std::vector<std::vector<Word>> rows, std::size_t indent) {
  std::vector<std::size_t> widest;
  for (const auto& row : rows) {
    widest.resize(std::max(widest.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widest[i] = std::max(widest[i], columns(row[i].text));
  }
  std::size_t whole = indent;
  for (const std::size_t width : widest) whole += width == 0 ? 0 : width + 2;
  const bool fits = width_ == 0 || whole <= width_ + 2;
  for (auto& row : rows) {
    if (!fits) {
      std::erase_if(row, [](const Word& word) { return word.text.empty(); });
      line(std::move(row), indent);
      continue;
    }
    text_.append(indent, ' ');
    std::size_t blanks = 0;  // until the next word that is not empty
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widest[i] == 0) continue;
      if (!row[i].text.empty()) {
        text_.append(std::exchange(blanks, 0), ' ');
        append(row[i]);
      }
      blanks += widest[i] + 2 - columns(row[i].text);
    }
    text_ += '\n';
  }
}

void StyledText::quote(std::string_view text,
                       const std::function<std::string(std::string_view)>& uri_of) {
  const std::string shown = visible(text, Lines::kSeveral);
  std::string_view rest = shown;
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    quote_line(rest.substr(0, end), uri_of);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void StyledText::quote_line(std::string_view line,
                            const std::function<std::string(std::string_view)>& uri_of) {
  const auto place = first_place(line);
  std::size_t done = 0;
  if (place) {
    text_ += line.substr(0, place->begin);
    append({.text = std::string(line.substr(place->begin, place->end - place->begin)),
            .style = Style::kBold,
            .link = look_.links ? uri_of(place->file) : std::string()});
    done = place->end;
  }
  if (const auto found = place ? first_severity(line, done) : std::nullopt) {
    text_ += line.substr(done, found->at - done);
    append_in(found->severity.style, found->severity.word);
    done = found->at + found->severity.word.size();
  }
  text_ += line.substr(done);
  text_ += '\n';
}

std::vector<Word> words_of(std::string_view sentence, Style style) {
  std::vector<Word> words;
  while (!sentence.empty()) {
    const std::size_t end = std::min(sentence.find_first_of(" \n"), sentence.size());
    if (end > 0) words.push_back({.text = visible(sentence.substr(0, end)), .style = style});
    sentence.remove_prefix(std::min(end + 1, sentence.size()));
  }
  return words;
}

}  // namespace ofn::dev
