#include "typed/reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/moment.h"
#include "document/json_scanner.h"
#include "typed/number.h"

namespace ofn {
namespace {

using abi::Kind;
using abi::Limits;
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

// A number of the type of a field; `text` is JSON's.
enum class Read : std::uint8_t { kFits, kWrong, kTooLarge };
struct Real {
  Read read;
  double value = 0;
};

// Returns true for a number that is 1 or more, without its sign.
bool is_large(std::string_view text) {
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  std::int64_t exponent = 0;
  if (e < text.size()) {
    std::string_view digits = text.substr(e + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec;
    if (error != std::errc()) return !digits.starts_with('-');
  }
  const std::size_t first = text.find_first_of("123456789");
  const std::size_t point = std::min(text.find('.'), e);
  return static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) + exponent > 0;
}

// Reads the value that is nearest to a number, rounded once, directly to the precision of the type, which may be float.
template <class T>
Real nearest(std::string_view text) {
  T value = 0;
  const auto error = std::from_chars(text.data(), text.data() + text.size(), value).ec;
  if (error == std::errc()) return {Read::kFits, value};
  // from_chars refuses also what is too small.
  if (is_large(text)) return {Read::kTooLarge};
  return {Read::kFits, text.starts_with('-') ? -0.0 : 0.0};
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string many(std::size_t count, std::string_view one) {
  return number_text(count) + ' ' + std::string(one) + (count == 1 ? "" : "s");
}

// "from 1 to 100", "of at least 1": what a limit says behind the kind of the value.
std::string length_text(const Limits& limits, std::string_view unit) {
  constexpr auto kNone = std::numeric_limits<std::size_t>::max();
  if (limits.shortest == limits.longest) return many(limits.longest, unit);
  if (limits.longest == kNone) return "at least " + many(limits.shortest, unit);
  if (limits.shortest == 0) return "at most " + many(limits.longest, unit);
  return number_text(limits.shortest) + " to " + many(limits.longest, unit);
}

std::string range_text(const Limits& limits, const std::string& least, const std::string& most) {
  if (!limits.has_most) return "at least " + least;
  if (!limits.has_least) return "at most " + most;
  return "from " + least + " to " + most;
}

// The words of an enumeration or of a variant's alternatives.
std::string one_of(const Type& type) {
  std::string words;
  for (std::size_t i = 0; i < type.count; ++i) {
    words += words.empty() ? "one of \"" : "\", \"";
    words += type.kind == Kind::kEnum ? type.words[i].word : type.fields[i].name;
  }
  return words + '"';
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
    if (found == Found::kNumber && nearest<double>(digits).read == Read::kTooLarge)
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
    const Real real = is_float(*place.type) ? nearest<float>(text) : nearest<double>(text);
    if (real.read == Read::kFits) return set(place, {.real = real.value});
    const Real wide = nearest<double>(text);
    if (wide.read == Read::kTooLarge)
      return problem(place.step, "expected a number that a double can hold");
    return problem(place.step, "expected a number, found the number " + number_text(wide.value));
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
    return !field.is_limited || within(type, member, field, step);
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

  // Returns true if a value that was read is within the limits of its field.
  bool within(const Type& type, const void* object, const TypeField& field, const Step& step) {
    const Limits& limits = field.limits;
    switch (type.kind) {
      case Kind::kOptional:
      case Kind::kThrough:
        return within_inner(type, object, field, step);
      case Kind::kInteger:
        return within_range(type, type.get(object).integer, limits, step);
      case Kind::kReal:
        return within_range(type.get(object).real, limits, step);
      case Kind::kText:
        return within_length("a string of ", "character", characters(type.get(object).text), limits,
                             step);
      case Kind::kMap:
        return within_length("an object of ", "member", elements_of(type, object), limits, step);
      default:
        return within_length("an array of ", "item", elements_of(type, object), limits, step);
    }
  }

  bool within_inner(const Type& type, const void* object, const TypeField& field,
                    const Step& step) {
    struct Inner {
      Reader& reader;
      const Type& type;
      const TypeField& field;
      const Step& step;
      bool fits = true;
    } inner{*this, type.element(), field, step};
    type.each(object, &inner, [](void* of, std::string_view, const void* element) {
      auto& [reader, other, its_field, at, fits] = *static_cast<Inner*>(of);
      fits = reader.within(other, element, its_field, at);
    });
    return inner.fits;
  }

  bool within_range(const Type& type, std::uint64_t bits, const Limits& limits, const Step& step) {
    const bool is_signed = type.min < 0;
    const auto less = [is_signed](std::uint64_t a, std::uint64_t b) {
      return is_signed ? static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b) : a < b;
    };
    const auto shown = [is_signed](std::uint64_t number) {
      return is_signed ? number_text(static_cast<std::int64_t>(number)) : number_text(number);
    };
    const auto least = static_cast<std::uint64_t>(limits.least);
    const auto most = static_cast<std::uint64_t>(limits.most);
    const bool is_below = limits.has_least && less(bits, least);
    const bool is_above = limits.has_most && less(most, bits);
    if (!is_below && !is_above) return true;
    return problem(step, "expected an integer " + range_text(limits, shown(least), shown(most)) +
                             ", found the number " + shown(bits));
  }

  bool within_range(double real, const Limits& limits, const Step& step) {
    const bool is_below = limits.has_least && real < limits.least_real;
    const bool is_above = limits.has_most && real > limits.most_real;
    if (!is_below && !is_above) return true;
    return problem(step, "expected a number " +
                             range_text(limits, number_text(limits.least_real),
                                        number_text(limits.most_real)) +
                             ", found the number " + number_text(real));
  }

  bool within_length(std::string_view what, std::string_view unit, std::size_t length,
                     const Limits& limits, const Step& step) {
    if (length >= limits.shortest && length <= limits.longest) return true;
    return problem(step, "expected " + std::string(what) + length_text(limits, unit) + ", found " +
                             number_text(length));
  }

  static std::size_t elements_of(const Type& type, const void* object) {
    std::size_t count = 0;
    type.each(object, &count, [](void* seen, std::string_view, const void*) {
      ++*static_cast<std::size_t*>(seen);
    });
    return count;
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
    case Kind::kTime:
      return "a time such as \"2026-11-30T06:37:28Z\"";
    case Kind::kDuration:
      return "a duration such as \"PT1.5S\"";
    case Kind::kBytes:
      return "bytes in base64";
    case Kind::kRaw:
      return "a value";
    case Kind::kEnum:
      return one_of(type);
    case Kind::kObject:
    case Kind::kMap:
    case Kind::kVariant:
      return "an object";
    case Kind::kList:
      return "an array";
    case Kind::kArray:
    case Kind::kTuple:
      return "an array of " + many(type.count, "item");
    case Kind::kOptional:
    case Kind::kThrough:
      return expected_text(type.element());
  }
  return "nothing";
}

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
