#include "typed/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/moment.h"
#include "document/json_scanner.h"
#include "typed/expected.h"
#include "typed/limits.h"
#include "typed/number.h"

namespace ofn {
namespace {

using abi::Kind;
using abi::Type;
using abi::TypeField;
using Scanner = document::JsonScanner;
using Found = document::JsonScanner::Kind;

// No real data nests deeper. The limit is needed because the author's types are destroyed
// recursively.
constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMostProblems = 20;
constexpr std::size_t kLongestShownKey = 80;  // bytes
constexpr std::size_t kLongestShownNumber = 40;

bool is_plain(std::string_view key) {
  return !key.empty() && key.size() <= kLongestShownKey && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
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

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), json_(text, kMaxDepth) {}

  JsonProblems read(const Type& type, void* object) && {
    const Step root{};
    value(json_.next(), {&type, object, root});
    if (problems_.empty() && !json_.is_mistaken()) json_.finish();
    if (json_.is_mistaken() && !has_ended_ && !json_.is_too_deep()) {
      problems_.push_back({.text = "the body is not JSON: there is a mistake at byte " +
                                   number_text(json_.mistake_position())});
    }
    return std::move(problems_);
  }

 private:
  // Where the reader is: a member or an item of what `up` is.
  struct Step {
    const Step* up = nullptr;
    std::string_view key{};
    std::size_t index = 0;
    bool is_item = false;
  };
  // Where a value belongs.
  struct Place {
    const Type* type;
    void* object;
    const Step& step;
    const TypeField* field = nullptr;
  };

  // Reads a value whose beginning is `found`. Returns true if it fits. After a value that does not fit, the reading goes on behind it,
  // unless it has ended.
  bool value(Found found, const Place& place) {
    const Type& type = *place.type;
    switch (type.kind) {
      case Kind::kOptional:
        return optional(found, place);
      case Kind::kThrough:
        return through(found, place);
      case Kind::kRaw:
        return raw(found, place);
      case Kind::kBool:
        if (found != Found::kTrue && found != Found::kFalse) return mismatch(found, place);
        return set(place, {.integer = found == Found::kTrue ? 1U : 0U});
      case Kind::kInteger:
        return integer(found, place);
      case Kind::kReal:
        return real(found, place);
      case Kind::kText:
        return found == Found::kText ? set(place, {.text = json_.text()}) : mismatch(found, place);
      case Kind::kEnum:
      case Kind::kTime:
      case Kind::kDuration:
      case Kind::kBytes:
        return found == Found::kText ? form_of_text(place) : mismatch(found, place);
      case Kind::kObject:
        return found == Found::kObject ? object(place, {}) : mismatch(found, place);
      case Kind::kMap:
        return found == Found::kObject ? map(place) : mismatch(found, place);
      case Kind::kVariant:
        return found == Found::kObject ? variant(place) : mismatch(found, place);
      case Kind::kList:
        return found == Found::kList ? list(place) : mismatch(found, place);
      case Kind::kArray:
      case Kind::kTuple:
        return found == Found::kList ? fixed_list(place) : mismatch(found, place);
    }
    return false;
  }

  static bool set(const Place& place, const abi::Scalar& value) {
    place.type->set(place.object, value);
    return true;
  }

  bool optional(Found found, const Place& place) {
    if (found == Found::kNull) return set(place, {});
    void* const inner = place.type->add(place.object, {});
    return value(found, {&place.type->element(), inner, place.step, place.field});
  }

  bool raw(Found found, const Place& place) {
    const std::size_t begin = json_.begin();
    if (!json_.skip_rest(found)) return broken(place.step);
    return set(place, {.text = text_.substr(begin, json_.position() - begin)});
  }

  bool through(Found found, const Place& place) {
    struct Filling {
      Reader& reader;
      Found found;
      const Place& place;
    } filling{*this, found, place};
    std::string refusal;
    const bool fits = place.type->through(
        place.object, &filling,
        [](void* of, void* other) {
          auto& [reader, first, at] = *static_cast<Filling*>(of);
          return reader.value(first, {&at.type->element(), other, at.step, at.field});
        },
        refusal);
    if (!refusal.empty()) return problem(place.step, std::move(refusal));
    return fits;
  }

  bool integer(Found found, const Place& place) {
    const Type& type = *place.type;
    if (found == Found::kNumber) {
      if (const auto small = small_integer(json_.text()); small && *small <= type.max)
        return set(place, {.integer = *small});
    }
    const bool as_text = place.field != nullptr && place.field->as_text;
    if (found != Found::kNumber && !(as_text && found == Found::kText))
      return mismatch(found, place);
    const std::string_view digits = json_.text();
    if (found == Found::kText && !is_integer_text(digits)) return mismatch(found, place);
    const auto whole = parse_whole_number(digits);
    if (whole && fits(type, *whole)) return set(place, {.integer = whole->bits()});
    if (found == Found::kNumber && !nearest_double(digits))
      return problem(place.step, "expected a number that a double can hold");
    return problem(place.step,
                   "expected " + expected_at(place) + ", found the number " + shown_number(digits));
  }

  // Reads the usual spelling of a number: digits only, and few enough for 64 bits.
  static std::optional<std::uint64_t> small_integer(std::string_view text) {
    constexpr std::size_t kMostDigits = 19;
    if (text.size() > kMostDigits) return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : text) {
      if (c < '0' || c > '9') return std::nullopt;
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return number;
  }

  static bool is_integer_text(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  }

  bool real(Found found, const Place& place) {
    if (found != Found::kNumber) return mismatch(found, place);
    const std::string_view text = json_.text();
    const std::optional<double> real =
        is_float(*place.type) ? std::optional<double>(nearest_float(text)) : nearest_double(text);
    if (real) return set(place, {.real = *real});
    const auto wide = nearest_double(text);
    if (!wide) return problem(place.step, "expected a number that a double can hold");
    return problem(place.step, "expected a number, found the number " + number_text(*wide));
  }

  // A value whose JSON is a string of a certain form.
  bool form_of_text(const Place& place) {
    const Type& type = *place.type;
    const std::string_view text = json_.text();
    if (type.kind == Kind::kEnum) {
      for (std::size_t i = 0; i < type.count; ++i) {
        if (text == type.words[i].word) return set(place, {.integer = type.words[i].value});
      }
    } else if (type.kind == Kind::kBytes) {
      if (const auto bytes = base64_decode(text)) return set(place, {.text = *bytes});
    } else {
      const auto moment = type.kind == Kind::kTime ? parse_time(text) : parse_iso_duration(text);
      if (moment && moment->seconds < type.min)
        return problem(place.step, "expected a later one: it is too early for the field");
      if (moment && moment->seconds > static_cast<std::int64_t>(type.max))
        return problem(place.step, "expected an earlier one: it is too late for the field");
      if (moment) {
        return set(place, {.integer = static_cast<std::uint64_t>(moment->seconds),
                           .nanoseconds = moment->nanoseconds});
      }
    }
    return problem(place.step, "expected " + expected_at(place) + ", found another string");
  }

  // Reads the members of an object behind its bracket, without the member `ignored`.
  bool object(const Place& place, std::string_view ignored) {
    const Type& type = *place.type;
    std::uint64_t seen = 0;
    std::size_t likely = 0;  // members often come in the order of the fields
    bool fits = true;
    while (json_.member()) {
      const std::size_t index = field_of(type, json_.key(), likely);
      if (index == type.count) {
        fits = unknown_member(place, ignored) && fits;
        if (has_ended_) return false;
        continue;
      }
      likely = index + 1;
      const TypeField& field = type.fields[index];
      const Step step{.up = &place.step, .key = field.name};
      const std::uint64_t bit = std::uint64_t{1} << index;
      const Found found = json_.next();
      if ((seen & bit) != 0) {
        fits = problem_at(found, step, "expected once, found twice");
      } else {
        fits = value_of_field(found, field, place.object, step) && fits;
      }
      seen |= bit;
      if (has_ended_) return false;
    }
    if (json_.is_mistaken()) return broken(place.step);
    if (type.defaults_absent) return fits;
    for (std::size_t i = 0; i < type.count; ++i) {
      const TypeField& field = type.fields[i];
      const bool may_be_absent = field.may_be_absent || field.type().kind == Kind::kOptional;
      if ((seen & (std::uint64_t{1} << i)) != 0 || may_be_absent) continue;
      const Step step{.up = &place.step, .key = field.name};
      fits = problem(step, "expected " + expected_at({&field.type(), nullptr, step, &field}) +
                               ", found nothing");
      if (has_ended_) return false;
    }
    return fits;
  }

  static std::size_t field_of(const Type& type, std::string_view key, std::size_t likely) {
    if (likely < type.count && type.fields[likely].name == key) return likely;
    for (std::size_t i = 0; i < type.count; ++i) {
      if (type.fields[i].name == key) return i;
    }
    return type.count;
  }

  bool unknown_member(const Place& place, std::string_view ignored) {
    const bool is_refused = place.type->refuses_unknown && json_.key() != ignored;
    const Step step{.up = &place.step, .key = json_.is_borrowed() ? json_.key() : ""};
    const Found found = json_.next();
    if (is_refused) return problem_at(found, step, "expected nothing: there is no such field");
    return json_.skip_rest(found) || broken(step);
  }

  bool value_of_field(Found found, const TypeField& field, void* object, const Step& step) {
    void* const member = field.in(object);
    const Type& type = field.type();
    if (!value(found, {&type, member, step, &field})) return false;
    if (!field.is_limited) return true;
    auto excess = beyond_limits(type, member, field.limits);
    return !excess || problem(step, *std::move(excess));
  }

  bool map(const Place& place) {
    const Type& element = place.type->element();
    set(place, {});  // the struct's default value
    bool fits = true;
    while (json_.member()) {
      const Step step{.up = &place.step, .key = json_.is_borrowed() ? json_.key() : ""};
      void* const added = place.type->add(place.object, json_.key());
      const Found found = json_.next();
      if (added == nullptr) {
        fits = problem_at(found, step, "expected once, found twice");
      } else {
        fits = value(found, {&element, added, step}) && fits;
      }
      if (has_ended_) return false;
    }
    return json_.is_mistaken() ? broken(place.step) : fits;
  }

  // The member that tells the alternative may stand behind others, so the object is read twice.
  bool variant(const Place& place) {
    const Type& type = *place.type;
    const auto beginning = json_.place();
    const TypeField* chosen = nullptr;
    std::string_view found_instead = "nothing";
    int tags = 0;
    while (json_.member()) {
      const bool is_tag = json_.key() == type.tag;
      const Found found = json_.next();
      if (is_tag) ++tags;
      if (is_tag && found == Found::kText) {
        found_instead = "another string";
        for (std::size_t i = 0; i < type.count; ++i) {
          if (json_.text() == type.fields[i].name) chosen = &type.fields[i];
        }
      } else if (is_tag) {
        found_instead = name_of(found);
      }
      if (!json_.skip_rest(found)) return broken(place.step);
    }
    if (json_.is_mistaken()) return broken(place.step);
    const Step step{.up = &place.step, .key = type.tag};
    if (tags > 1) return problem(step, "expected once, found twice");
    if (chosen == nullptr)
      return problem(step, "expected " + one_of(type) + ", found " + std::string(found_instead));
    json_.return_to(beginning);
    return object({&chosen->type(), chosen->in(place.object), place.step}, type.tag);
  }

  bool list(const Place& place) {
    const Type& element = place.type->element();
    set(place, {});
    bool fits = true;
    Step step{.up = &place.step, .is_item = true};
    for (; json_.item(); ++step.index) {
      void* const added = place.type->add(place.object, {});
      fits = value(json_.next(), {&element, added, step}) && fits;
      if (has_ended_) return false;
    }
    return json_.is_mistaken() ? broken(place.step) : fits;
  }

  bool fixed_list(const Place& place) {
    const Type& type = *place.type;
    bool fits = true;
    Step step{.up = &place.step, .is_item = true};
    for (; json_.item(); ++step.index) {
      const Found found = json_.next();
      if (step.index >= type.count) {
        if (!json_.skip_rest(found)) return broken(step);
      } else if (type.kind == Kind::kArray) {
        fits = value(found, {&type.element(), type.at(place.object, step.index), step}) && fits;
      } else {
        const TypeField& field = type.fields[step.index];
        fits = value(found, {&field.type(), field.in(place.object), step}) && fits;
      }
      if (has_ended_) return false;
    }
    if (json_.is_mistaken()) return broken(place.step);
    if (step.index == type.count) return fits;
    return problem(place.step, "expected an array of " + many(type.count, "item") + ", found " +
                                   number_text(step.index));
  }

  static std::string_view name_of(Found found) {
    switch (found) {
      case Found::kNull:
        return "null";
      case Found::kTrue:
        return "true";
      case Found::kFalse:
        return "false";
      case Found::kText:
        return "a string";
      case Found::kObject:
        return "an object";
      case Found::kList:
        return "an array";
      case Found::kNumber:
      case Found::kMistake:
        break;
    }
    return "a number";
  }

  bool mismatch(Found found, const Place& place) {
    if (found == Found::kMistake) return broken(place.step);
    std::string shown(name_of(found));
    if (found == Found::kNumber) shown = "the number " + shown_number(json_.text());
    return problem_at(found, place.step, "expected " + expected_at(place) + ", found " + shown);
  }

  // What fits at a place: the type, as the options of its field have it.
  static std::string expected_at(const Place& place) {
    if (place.field != nullptr && place.field->as_text && place.type->kind == Kind::kInteger)
      return expected_text(*place.type) + " in a string";
    return expected_text(*place.type);
  }

  // The text is not JSON, or nests too deep: nothing more can be read.
  bool broken(const Step& step) {
    if (json_.is_too_deep() && !has_ended_) problem(step, "expected at most 64 levels");
    return false;
  }

  // A problem with a value whose beginning has been read.
  bool problem_at(Found found, const Step& step, std::string text) {
    problem(step, std::move(text));
    if (!has_ended_ && !json_.skip_rest(found)) broken(step);
    return false;
  }

  bool problem(const Step& step, std::string text) {
    JsonProblem made{.path = "$", .text = std::move(text)};
    bool has_pointer = true;
    add_path(&step, made, has_pointer);
    if (!has_pointer) made.pointer.clear();
    problems_.push_back(std::move(made));
    if (problems_.size() == kMostProblems || json_.is_mistaken()) has_ended_ = true;
    return false;
  }

  static void add_path(const Step* step, JsonProblem& made, bool& has_pointer) {
    if (step->up == nullptr) return;
    add_path(step->up, made, has_pointer);
    if (step->is_item) {
      made.path += "[" + number_text(step->index) + "]";
      made.pointer += "/" + number_text(step->index);
    } else if (is_plain(step->key)) {
      made.path += "." + std::string(step->key);
      made.pointer += "/" + std::string(step->key);
    } else {
      made.path += "[…]";
      has_pointer = false;
    }
  }

  std::string_view text_;
  Scanner json_;
  JsonProblems problems_;
  bool has_ended_ = false;
};

}  // namespace

std::string lines_of(const JsonProblems& problems) {
  std::string lines;
  for (const JsonProblem& problem : problems) {
    if (!lines.empty()) lines += '\n';
    if (!problem.path.empty()) lines += problem.path + ": ";
    lines += problem.text;
  }
  if (problems.size() == kMostProblems) lines += "\nand what follows was not read";
  return lines;
}

JsonProblems read_json(std::string_view text, const Type& type, void* object) {
  if (text.empty()) return {{.text = "the body is empty: expected " + expected_text(type)}};
  return Reader(text).read(type, object);
}

}  // namespace ofn
