#include "document/json_scanner.h"

#include <cstring>

#include "base/utf8.h"

namespace ofn::document {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighBits = 0x8080808080808080;

constexpr std::uint64_t has_zero(std::uint64_t word) { return (word - kOnes) & ~word & kHighBits; }

// Not zero if one of eight bytes ends a run of a string: a quote, a backslash or a control character.
constexpr std::uint64_t ends_run(std::uint64_t word) {
  const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHighBits;
  return control | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'));
}

bool ends_run(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t code) {
  const auto continuation = [code](unsigned shift) {
    return static_cast<char>(0x80 | ((code >> shift) & 0x3F));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += continuation(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += continuation(6);
    out += continuation(0);
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += continuation(12);
    out += continuation(6);
    out += continuation(0);
  }
}

bool is_high_surrogate(std::uint32_t code) { return code >= 0xD800 && code < 0xDC00; }
bool is_low_surrogate(std::uint32_t code) { return code >= 0xDC00 && code < 0xE000; }

}  // namespace

JsonScanner::JsonScanner(std::string_view text, std::size_t max_depth)
    : text_(text), max_depth_(max_depth) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
}

bool JsonScanner::fail() {
  mistaken_ = true;
  return false;
}

void JsonScanner::skip_space() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') break;
    ++at_;
  }
}

JsonScanner::Kind JsonScanner::next() {
  if (mistaken_) return Kind::kMistake;
  skip_space();
  begin_ = at_;
  if (at_ == text_.size()) {
    fail();
    return Kind::kMistake;
  }
  switch (text_[at_]) {
    case '{':
      return open(Kind::kObject);
    case '[':
      return open(Kind::kList);
    case '"':
      return string() ? Kind::kText : Kind::kMistake;
    case 'n':
      return word("null", Kind::kNull);
    case 't':
      return word("true", Kind::kTrue);
    case 'f':
      return word("false", Kind::kFalse);
    default:
      return number();
  }
}

JsonScanner::Kind JsonScanner::open(Kind kind) {
  if (depth_ == max_depth_) {
    too_deep_ = true;
    fail();
    return Kind::kMistake;
  }
  ++at_;
  ++depth_;
  is_first_ = true;
  return kind;
}

bool JsonScanner::item() {
  if (mistaken_) return false;
  skip_space();
  const bool is_first = is_first_;
  is_first_ = false;
  if (at_ == text_.size()) return fail();
  if (text_[at_] == ']') {
    ++at_;
    --depth_;
    return false;
  }
  if (is_first) return true;
  if (text_[at_] != ',') return fail();
  ++at_;
  return true;
}

bool JsonScanner::member() {
  if (mistaken_) return false;
  skip_space();
  const bool is_first = is_first_;
  is_first_ = false;
  if (at_ < text_.size() && text_[at_] == '}') {
    ++at_;
    --depth_;
    return false;
  }
  if (!is_first) {
    if (at_ == text_.size() || text_[at_] != ',') return fail();
    ++at_;
    skip_space();
  }
  if (at_ == text_.size() || text_[at_] != '"') return fail();
  if (!string()) return false;
  skip_space();
  if (at_ == text_.size() || text_[at_] != ':') return fail();
  ++at_;
  return true;
}

bool JsonScanner::skip_rest(Kind kind) {
  if (kind != Kind::kObject && kind != Kind::kList) return kind != Kind::kMistake;
  // A bit for each level: objects and lists end with other brackets.
  std::string levels(1, kind == Kind::kObject ? '}' : ']');
  while (!levels.empty()) {
    if (!(levels.back() == '}' ? member() : item())) {
      if (mistaken_) return false;
      levels.pop_back();
      continue;
    }
    const Kind inner = next();
    if (inner == Kind::kMistake) return false;
    if (inner == Kind::kObject) levels += '}';
    if (inner == Kind::kList) levels += ']';
  }
  return true;
}

bool JsonScanner::finish() {
  if (mistaken_) return false;
  skip_space();
  return at_ == text_.size() || fail();
}

void JsonScanner::return_to(const Place& place) {
  at_ = place.at;
  depth_ = place.depth;
  is_first_ = true;
}

JsonScanner::Kind JsonScanner::word(std::string_view rest, Kind kind) {
  for (const char c : rest) {
    if (at_ == text_.size() || text_[at_] != c) {
      fail();
      return Kind::kMistake;
    }
    ++at_;
  }
  return kind;
}

bool JsonScanner::digits() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return at_ > begin || fail();
}

JsonScanner::Kind JsonScanner::number() {
  if (text_[at_] == '-') ++at_;
  if (at_ < text_.size() && text_[at_] == '0') {
    ++at_;
  } else if (!digits()) {
    return Kind::kMistake;
  }
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    if (!digits()) return Kind::kMistake;
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    if (!digits()) return Kind::kMistake;
  }
  string_ = text_.substr(begin_, at_ - begin_);
  return Kind::kNumber;
}

// Reads a string whose opening quote stands here.
bool JsonScanner::string() {
  const std::size_t opening = at_++;
  buffer_.clear();
  is_borrowed_ = true;
  std::size_t run = at_;
  for (;;) {
    std::uint64_t word = 0;
    while (text_.size() - at_ >= sizeof word) {
      std::memcpy(&word, text_.data() + at_, sizeof word);
      if (ends_run(word) != 0) break;
      at_ += sizeof word;
    }
    while (at_ < text_.size() && !ends_run(text_[at_])) ++at_;
    const std::string_view plain = text_.substr(run, at_ - run);
    if (!is_utf8(plain)) {
      at_ = run;
      return fail();
    }
    if (at_ == text_.size() || static_cast<unsigned char>(text_[at_]) < 0x20) return fail();
    if (text_[at_] == '"') {
      if (is_borrowed_) {
        string_ = text_.substr(opening + 1, at_ - opening - 1);
      } else {
        buffer_ += plain;
        string_ = buffer_;
      }
      ++at_;
      return true;
    }
    is_borrowed_ = false;
    buffer_ += plain;
    if (!escape()) return false;
    run = at_;
  }
}

bool JsonScanner::escape() {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  ++at_;  // the backslash
  if (at_ == text_.size()) return fail();
  if (const auto letter = kLetters.find(text_[at_]); letter != std::string_view::npos) {
    buffer_ += kMeanings[letter];
    ++at_;
    return true;
  }
  if (text_[at_] != 'u') return fail();
  ++at_;
  std::uint32_t code = 0;
  if (!hex(code)) return false;
  if (is_low_surrogate(code)) return fail();
  if (is_high_surrogate(code)) {
    std::uint32_t low = 0;
    if (!text_.substr(at_).starts_with("\\u")) return fail();
    at_ += 2;
    if (!hex(low)) return false;
    if (!is_low_surrogate(low)) return fail();
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(buffer_, code);
  return true;
}

// Reads four hexadecimal digits.
bool JsonScanner::hex(std::uint32_t& code) {
  for (int i = 0; i < 4; ++i, ++at_) {
    if (at_ == text_.size()) return fail();
    const char c = text_[at_];
    std::uint32_t digit = 0;
    if (is_digit(c)) {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    } else {
      return fail();
    }
    code = code * 16 + digit;
  }
  return true;
}

}  // namespace ofn::document
