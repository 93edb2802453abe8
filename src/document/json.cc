#include "document/json.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

namespace ofn::document {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The library says "[json.exception…] parse error at line 1, column 2: <reason>; last read:
// '<text>'". Returns only the reason: the caller adds its own position, and the text may hold a
// secret or broken UTF-8.
std::string reason_of(std::string_view what) {
  if (const auto colon = what.find(": "); colon != std::string_view::npos) {
    what.remove_prefix(colon + 2);
  }
  return std::string(what.substr(0, what.find("; last read")));
}

JsonMistake mistake_of(std::size_t position, const nlohmann::detail::exception& error) {
  constexpr int kNumberOverflow = 406;
  if (error.id == kNumberOverflow) {
    return {JsonMistake::Kind::kNumberTooLarge, position, "a number that is too large"};
  }
  return {JsonMistake::Kind::kSyntax, position, reason_of(error.what())};
}

// The library's lexer takes a NUL for the end of the text, but JSON allows none (RFC 8259 §2, §7).
std::optional<JsonMistake> find_nul(std::string_view text) {
  const auto nul = text.find('\0');
  if (nul == std::string_view::npos) return std::nullopt;
  return JsonMistake{JsonMistake::Kind::kSyntax, nul + 1, "syntax error - a NUL"};
}

// Passes the library's events on to a listener.
class Teller {
 public:
  explicit Teller(JsonListener& listener) : listener_(listener) {}

  bool null() { return listener_.on_null(); }
  bool boolean(bool value) { return listener_.on_bool(value); }
  bool number_integer(std::int64_t value) { return listener_.on_negative(value); }
  bool number_unsigned(std::uint64_t value) { return listener_.on_unsigned(value); }
  bool number_float(double value, const std::string& text) {
    return listener_.on_real(value, text);
  }
  bool string(std::string& text) { return listener_.on_text(text); }
  static bool binary(Json::binary_t& /*bytes*/) { return false; }  // not in JSON text
  bool start_object(std::size_t /*size*/) { return listener_.on_object(); }
  bool key(std::string& key) { return listener_.on_key(key); }
  bool end_object() { return listener_.on_object_end(); }
  bool start_array(std::size_t /*size*/) { return listener_.on_list(); }
  bool end_array() { return listener_.on_list_end(); }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) {
    mistake_ = mistake_of(position, error);
    return false;
  }

  JsonMistake mistake() && { return std::move(mistake_); }

 private:
  JsonListener& listener_;
  JsonMistake mistake_;
};

// Accepts any JSON text that does not nest deeper than `max_depth`.
class Judge final : public JsonListener {
 public:
  explicit Judge(std::size_t max_depth) : max_depth_(max_depth) {}

  bool on_null() override { return true; }
  bool on_bool(bool /*value*/) override { return true; }
  bool on_negative(std::int64_t /*value*/) override { return true; }
  bool on_unsigned(std::uint64_t /*value*/) override { return true; }
  bool on_real(double /*value*/, const std::string& /*text*/) override { return true; }
  bool on_text(std::string& /*text*/) override { return true; }
  bool on_object() override { return ++depth_ <= max_depth_; }
  bool on_key(std::string& /*key*/) override { return true; }
  bool on_object_end() override {
    --depth_;
    return true;
  }
  bool on_list() override { return ++depth_ <= max_depth_; }
  bool on_list_end() override {
    --depth_;
    return true;
  }

 private:
  const std::size_t max_depth_;
  std::size_t depth_ = 0;
};

// Walks over a text and records the lexer's position, which the library's events do not contain.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  Cursor operator++(int) {
    const Cursor before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Cursor& a, const Cursor& b) { return a.at_ == b.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// Builds a tree from the library's events.
class JsonBuilder {
 public:
  JsonBuilder(std::string_view text, std::size_t max_depth)
      : text_(text), counted_(text.data()), reached_(text.data()), builder_(max_depth) {}

  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): end() bounds it
  Cursor begin() { return {text_.data(), &reached_}; }
  Cursor end() { return {text_.data() + text_.size(), &reached_}; }

  bool null() { return add({}); }
  bool boolean(bool value) {
    return add(Node::scalar(Node::Kind::kBool, value ? "true" : "false"));
  }
  bool number_integer(std::int64_t value) { return add(Node::number(value)); }
  bool number_unsigned(std::uint64_t value) { return add(Node::number(value)); }
  bool number_float(double /*value*/, const std::string& text) {
    return add(Node::scalar(Node::Kind::kNumber, text));
  }
  bool string(std::string& text) { return add(Node(std::move(text))); }
  static bool binary(Json::binary_t& /*bytes*/) { return false; }  // not in JSON text
  bool start_object(std::size_t /*size*/) { return open(Node::Kind::kObject); }
  bool key(std::string& key) {
    builder_.key(std::move(key), line());
    return true;
  }
  bool end_object() { return close(); }
  bool start_array(std::size_t /*size*/) { return open(Node::Kind::kList); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) {
    failure_ = located(mistake_of(position, error));
    return false;
  }

  JsonFailure located(JsonMistake mistake) const {
    const std::string_view before =
        text_.substr(0, mistake.position == 0 ? 0 : mistake.position - 1);
    const std::size_t newline = before.rfind('\n');
    return {
        .line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
        .column = newline == std::string_view::npos ? before.size() + 1 : before.size() - newline,
        .reason = std::move(mistake.reason)};
  }
  Tree take() && { return std::move(builder_).take(); }
  JsonFailure failure() && { return std::move(failure_); }

 private:
  // When the library reports a value, the lexer's position is behind the value; behind a number it
  // is one byte further.
  int line() {
    const char* const last = std::max(counted_, reached_ - 1);
    line_ += static_cast<int>(std::count(counted_, last, '\n'));
    counted_ = last;
    return line_;
  }
  bool add(Node node) {
    node.with_line(line());
    return builder_.add({std::move(node)}) || too_deep();
  }
  bool open(Node::Kind kind) { return builder_.open(kind, line()) || too_deep(); }
  bool close() { return builder_.add(builder_.close()) || too_deep(); }
  bool too_deep() {
    failure_.reason = "nesting deeper than " + std::to_string(builder_.depth()) + " levels";
    return false;
  }

  std::string_view text_;
  const char* counted_;  // up to here lines are counted
  const char* reached_;  // the lexer is here
  int line_ = 1;
  TreeBuilder builder_;
  JsonFailure failure_;
};

}  // namespace

std::optional<JsonMistake> read_json(std::string_view text, JsonListener& listener) {
  if (auto nul = find_nul(text)) return nul;
  Teller teller(listener);
  if (Json::sax_parse(text.data(), text.data() + text.size(), &teller)) return std::nullopt;
  return std::move(teller).mistake();
}

Result<void> check_json(std::string_view text, std::size_t max_depth) {
  Judge judge(max_depth);
  const auto mistake = read_json(text, judge);
  if (!mistake) return {};
  const std::string byte = " at byte " + std::to_string(mistake->position);
  switch (mistake->kind) {
    case JsonMistake::Kind::kStopped:
      return fail(Code::kInvalidArgument,
                  "the body nests deeper than " + std::to_string(max_depth) + " levels");
    case JsonMistake::Kind::kNumberTooLarge:
      return fail(Code::kInvalidArgument, "the body holds a number out of range" + byte);
    case JsonMistake::Kind::kSyntax:
      break;
  }
  return fail(Code::kInvalidArgument, "the body is not JSON: error" + byte);
}

bool is_json(std::string_view text) {
  return !text.starts_with(kByteOrderMark) && check_json(text).has_value();
}

std::expected<Tree, JsonFailure> parse_json(std::string_view text, std::size_t max_depth) {
  JsonBuilder builder(text, max_depth);
  if (auto nul = find_nul(text)) return std::unexpected(builder.located(*std::move(nul)));
  if (Json::sax_parse(builder.begin(), builder.end(), &builder)) return std::move(builder).take();
  return std::unexpected(std::move(builder).failure());
}

std::optional<Node> json_value(std::string_view text, std::size_t max_depth) {
  auto tree = parse_json(text, max_depth);
  if (!tree) return std::nullopt;
  return std::move(tree->root);
}

}  // namespace ofn::document
