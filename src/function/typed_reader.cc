#include "function/typed_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "document/json.h"
#include "function/typed_number.h"

namespace ofn {
namespace {

using abi::Kind;
using abi::Type;

// No real data nests deeper. The limit is needed because the author's types are destroyed
// recursively.
constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kLongestShownKey = 80;  // bytes
constexpr std::size_t kLongestShownNumber = 40;

bool is_plain(std::string_view key) {
  return !key.empty() && key.size() <= kLongestShownKey && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string number_text(auto number) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  return std::string(std::begin(digits), end);
}

// Cuts a long number: it may have as many digits as the body has bytes.
std::string shown_number(std::string_view text) {
  std::string shown(text.substr(0, kLongestShownNumber));
  if (text.size() > kLongestShownNumber) shown += "…";
  return shown;
}

bool fits(const Type& type, const WholeNumber& number) {
  if (!number.is_negative) return number.magnitude <= type.max;
  return number.magnitude <= 0 - static_cast<std::uint64_t>(type.min);
}

// Rounds a number once, directly to the precision of the type, which may be float.
double rounded(const Type& type, auto number) {
  return is_float(type) ? static_cast<float>(number) : static_cast<double>(number);
}

// Returns the type's value nearest to a number; `value` is the number as a double. Returns nullopt
// if the number is outside the type's range.
std::optional<double> real_of(const Type& type, double value, std::string_view text) {
  if (!is_float(type)) return value;
  float nearest = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), nearest);
  if (error == std::errc()) return nearest;
  if (std::abs(value) > 1) return std::nullopt;
  return static_cast<float>(value);  // too small for from_chars
}

class Reader final : public document::JsonListener {
 public:
  Reader(const Type& type, void* object) : root_{&type, object} {}

  bool on_null() override {
    if (is_skipping()) return true;
    const auto place = next();
    if (!place) return false;
    if (place->type->kind == Kind::kOptional) return put(*place, {});
    return mismatch(*place->type, "null");
  }
  bool on_bool(bool value) override {
    return scalar(Kind::kBool, {.integer = value ? 1U : 0U}, value ? "true" : "false");
  }
  bool on_negative(std::int64_t value) override {
    if (value == 0) return on_real(-0.0, "-0");
    return integer(value < 0, static_cast<std::uint64_t>(value));
  }
  bool on_unsigned(std::uint64_t value) override { return integer(false, value); }
  bool on_real(double value, const std::string& text) override {
    const auto place = scalar_place();
    if (!place || place->type == nullptr) return place.has_value();
    const Type& type = *place->type;
    if (type.kind == Kind::kReal) {
      if (const auto real = real_of(type, value, text)) return put(*place, {.real = *real});
      return mismatch(type, "the number " + number_text(value));
    }
    if (type.kind == Kind::kInteger) {
      const auto whole = parse_whole_number(text);
      if (whole && fits(type, *whole)) return put(*place, {.integer = whole->bits()});
    }
    return mismatch(type, "the number " + shown_number(text));
  }
  bool on_text(std::string& value) override {
    const auto place = scalar_place();
    if (!place || place->type == nullptr) return place.has_value();
    const Type& type = *place->type;
    if (type.kind == Kind::kText) return put(*place, {.text = value});
    if (type.kind != Kind::kEnum) return mismatch(type, "a string");
    for (std::size_t i = 0; i < type.count; ++i) {
      if (value == type.words[i].word) return put(*place, {.integer = type.words[i].value});
    }
    return mismatch(type, "another string");
  }
  bool on_object() override { return start(Kind::kObject); }
  bool on_key(std::string& name) override {
    if (skipped_ > 0) return true;
    Frame& frame = frames_.back();
    frame.key = std::move(name);
    if (frame.type->kind == Kind::kMap) return true;
    const abi::TypeField* const fields = frame.type->fields;
    for (frame.index = 0; frame.index < frame.type->count; ++frame.index) {
      if (frame.key == fields[frame.index].name) break;
    }
    if (frame.index == frame.type->count) {
      return !frame.type->refuses_unknown || fail("expected nothing: there is no such field");
    }
    char& seen = seen_[frame.first_seen + frame.index];
    if (std::exchange(seen, 1) != 0) return fail("expected once, found twice");
    return true;
  }
  bool on_object_end() override {
    if (skipped_ > 0) {
      --skipped_;
      return true;
    }
    Frame& frame = frames_.back();
    if (frame.type->kind == Kind::kObject) {
      if (!frame.type->defaults_absent) {
        for (std::size_t i = 0; i < frame.type->count; ++i) {
          const Type& type = frame.type->fields[i].type();
          if (seen_[frame.first_seen + i] != 0 || type.kind == Kind::kOptional) continue;
          frame.key = frame.type->fields[i].name;
          return mismatch(type, "nothing");
        }
      }
      seen_.resize(frame.first_seen);
    }
    frames_.pop_back();
    return true;
  }
  bool on_list() override { return start(Kind::kList); }
  bool on_list_end() override {
    if (skipped_ > 0) {
      --skipped_;
      return true;
    }
    frames_.pop_back();
    return true;
  }

  std::string problem_of(const document::JsonMistake& mistake) && {
    switch (mistake.kind) {
      case document::JsonMistake::Kind::kStopped:
        break;
      case document::JsonMistake::Kind::kNumberTooLarge:
        if (!frames_.empty() && frames_.back().type->kind == Kind::kList && skipped_ == 0)
          ++frames_.back().index;
        fail("expected a number that a double can hold");
        break;
      case document::JsonMistake::Kind::kSyntax:
        return "the body is not JSON: there is a mistake at byte " + number_text(mistake.position);
    }
    return std::move(problem_);
  }

 private:
  struct Place {
    const Type* type = nullptr;  // null: the value is skipped
    void* object = nullptr;
  };
  // An object or a list that is being read.
  struct Frame {
    const Type* type = nullptr;
    void* object = nullptr;
    std::size_t index = 0;  // of the field, or the number of elements
    std::size_t first_seen = 0;
    std::string key{};
  };

  // Returns true if no field takes the next value: it belongs to an unknown member.
  bool is_skipping() const {
    if (skipped_ > 0) return true;
    if (frames_.empty()) return false;
    const Frame& frame = frames_.back();
    return frame.type->kind == Kind::kObject && frame.index == frame.type->count;
  }

  // Returns the place of the next value. If there is none, returns nullopt and sets problem_.
  std::optional<Place> next() {
    if (frames_.empty()) return root_;
    Frame& frame = frames_.back();
    if (frame.type->kind == Kind::kObject) {
      const abi::TypeField& field = frame.type->fields[frame.index];
      return Place{&field.type(), field.in(frame.object)};
    }
    if (frame.type->kind == Kind::kList) ++frame.index;
    void* const element = frame.type->add(frame.object, frame.key);
    if (element == nullptr) {
      fail("expected once, found twice");
      return std::nullopt;
    }
    return Place{&frame.type->element(), element};
  }

  // The same for a value that is not null. If the place is an optional, it is the optional's value.
  std::optional<Place> next_value() {
    auto place = next();
    while (place && place->type->kind == Kind::kOptional) {
      place = Place{&place->type->element(), place->type->add(place->object, {})};
    }
    return place;
  }

  std::optional<Place> scalar_place() { return is_skipping() ? Place{} : next_value(); }

  static bool put(const Place& place, const abi::Scalar& value) {
    place.type->set(place.object, value);
    return true;
  }

  bool scalar(Kind kind, const abi::Scalar& value, std::string_view found) {
    const auto place = scalar_place();
    if (!place || place->type == nullptr) return place.has_value();
    if (place->type->kind != kind) return mismatch(*place->type, found);
    return put(*place, value);
  }

  bool integer(bool is_negative, std::uint64_t bits) {
    const auto place = scalar_place();
    if (!place || place->type == nullptr) return place.has_value();
    const Type& type = *place->type;
    const auto negative = static_cast<std::int64_t>(bits);
    if (type.kind == Kind::kReal) {
      const double real = is_negative ? rounded(type, negative) : rounded(type, bits);
      return put(*place, {.real = real});
    }
    const WholeNumber whole{.is_negative = is_negative, .magnitude = is_negative ? 0 - bits : bits};
    if (type.kind == Kind::kInteger && fits(type, whole)) return put(*place, {.integer = bits});
    return mismatch(type,
                    "the number " + (is_negative ? number_text(negative) : number_text(bits)));
  }

  // Begins an object or a list.
  bool start(Kind wanted) {
    if (frames_.size() + skipped_ >= kMaxDepth) return fail("expected at most 64 levels");
    if (is_skipping()) {
      ++skipped_;
      return true;
    }
    const auto place = next_value();
    if (!place) return false;
    const Kind kind = place->type->kind;
    const bool is_object = wanted == Kind::kObject;
    const bool is_right = kind == wanted || (is_object && kind == Kind::kMap);
    if (!is_right) return mismatch(*place->type, is_object ? "an object" : "an array");
    frames_.push_back({.type = place->type, .object = place->object, .first_seen = seen_.size()});
    if (kind == Kind::kObject) seen_.resize(seen_.size() + place->type->count, 0);
    return true;
  }

  bool mismatch(const Type& type, std::string_view found) {
    return fail("expected " + expected_text(type) + ", found " + std::string(found));
  }

  bool fail(const std::string& what) {
    std::string path = "$";
    for (const Frame& frame : frames_) {
      if (frame.type->kind == Kind::kList) {
        if (frame.index > 0) path += "[" + number_text(frame.index - 1) + "]";
      } else if (is_plain(frame.key)) {
        path += "." + frame.key;
      } else {
        path += "[…]";
      }
    }
    problem_ = path + ": " + what;
    return false;
  }

  Place root_;
  std::vector<Frame> frames_;
  std::vector<char> seen_;   // for each field of each object in frames_
  std::size_t skipped_ = 0;  // levels of the value that is being skipped
  std::string problem_;
};

}  // namespace

std::string expected_text(const Type& type) {
  switch (type.kind) {
    case Kind::kBool:
      return "true or false";
    case Kind::kInteger:
      return "an integer from " + number_text(type.min) + " to " + number_text(type.max);
    case Kind::kReal:
      return "a number";
    case Kind::kText:
      return "a string";
    case Kind::kEnum: {
      std::string words;
      for (std::size_t i = 0; i < type.count; ++i) {
        words += words.empty() ? "one of \"" : "\", \"";
        words += type.words[i].word;
      }
      return words + "\"";
    }
    case Kind::kObject:
    case Kind::kMap:
      return "an object";
    case Kind::kList:
      return "an array";
    case Kind::kOptional:
      return expected_text(type.element());
  }
  return "nothing";
}

std::optional<std::string> read_json(std::string_view text, const Type& type, void* object) {
  if (text.empty()) return "the body is empty: expected " + expected_text(type);
  Reader reader(type, object);
  const auto mistake = document::read_json(text, reader);
  if (!mistake) return std::nullopt;
  return std::move(reader).problem_of(*mistake);
}

}  // namespace ofn
