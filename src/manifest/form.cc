#include "manifest/form.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/check.h"
#include "context/units.h"
#include "document/json.h"
#include "document/slices.h"

namespace ofn::manifest {

namespace {

const std::string& value_of(std::string_view name, std::initializer_list<Value> values) {
  const auto found =
      std::ranges::find_if(values, [&](const Value& value) { return value.name == name; });
  OFN_CHECK(found != values.end());
  return found->text;
}

// Calls `use` with each line of the text, without its end.
template <class Use>
void each_line(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string indented(std::string_view block, std::string_view first, std::string_view rest) {
  std::string text;
  each_line(block, [&](std::string_view line) {
    if (!line.empty()) text.append(text.empty() ? first : rest).append(line);
    text += '\n';
  });
  return text;
}

void fill_line(std::string_view line, std::initializer_list<Value> values, std::string& text) {
  const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
  const std::string_view content = line.substr(indent);
  if (content.starts_with("${") && content.find('}') == content.size() - 1) {
    const std::string& block = value_of(content.substr(2, content.size() - 3), values);
    text += indented(block, line.substr(0, indent), line.substr(0, indent));
    return;
  }
  while (!line.empty()) {
    const std::size_t place = std::min(line.find("${"), line.size());
    text.append(line.substr(0, place));
    line.remove_prefix(place);
    if (line.empty()) break;
    const std::size_t end = line.find('}');
    OFN_CHECK(end != std::string_view::npos);
    text += value_of(line.substr(2, end - 2), values);
    line.remove_prefix(end + 1);
  }
  text += '\n';
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Words that some reader takes for something else than a text.
constexpr std::array<std::string_view, 9> kOtherWords = {"true", "false", "yes", "no",  "on",
                                                         "off",  "y",     "n",   "null"};

// Returns true if all readers of YAML 1.1 and 1.2 take the text for itself without quotes.
bool is_plain(std::string_view text) {
  if (text.empty() || !(is_letter(text.front()) || text.front() == '/')) return false;
  if (text.back() == ':') return false;
  const bool is_simple = std::ranges::all_of(text, [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || std::string_view("_./@+-:").contains(c);
  });
  return is_simple && std::ranges::none_of(kOtherWords, [text](std::string_view word) {
           return equal_ignoring_case(text, word);
         });
}

}  // namespace

std::string fill(std::string_view form, std::initializer_list<Value> values) {
  std::string text;
  each_line(form, [&](std::string_view line) { fill_line(line, values, text); });
  return text;
}

std::string escape_unprintable(std::string_view text) {
  struct Character {
    std::string_view bytes, escaped;
  };
  static constexpr std::array<Character, 4> kCharacters = {{{"\x7F", "\\u007f"},
                                                            {"\xE2\x80\xA8", "\\u2028"},
                                                            {"\xE2\x80\xA9", "\\u2029"},
                                                            {"\xEF\xBB\xBF", "\\ufeff"}}};
  std::string escaped;
  while (!text.empty()) {
    const auto found = std::ranges::find_if(
        kCharacters, [text](const Character& each) { return text.starts_with(each.bytes); });
    const bool is_control = text.size() > 1 && text[0] == '\xC2' &&
                            static_cast<unsigned char>(text[1]) >= 0x80 &&
                            static_cast<unsigned char>(text[1]) < 0xA0;
    if (found != kCharacters.end()) {
      escaped += found->escaped;
      text.remove_prefix(found->bytes.size());
    } else if (is_control) {
      static constexpr std::string_view kDigits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(text[1]);
      escaped.append("\\u00").append({kDigits[byte >> 4U], kDigits[byte & 15U]});
      text.remove_prefix(2);
    } else {
      escaped += text.front();
      text.remove_prefix(1);
    }
  }
  return escaped;
}

std::string scalar(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  return escape_unprintable(document::quote(document::with_unicode_repaired(text)));
}

std::string scalar(std::int64_t number) { return std::to_string(number); }

std::string member(std::string_view key, std::string_view value) {
  return value.empty() ? std::string() : scalar(key) + ": " + scalar(value) + "\n";
}

std::string section(std::string_view key, std::string_view block) {
  return block.empty() ? std::string() : scalar(key) + ":\n" + indented(block, "  ", "  ");
}

std::string item(std::string_view block) { return indented(block, "- ", "  "); }

std::string comment(std::string_view text) { return indented(text, "# ", "# "); }

}  // namespace ofn::manifest
