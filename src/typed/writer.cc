#include "typed/writer.h"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/base64.h"
#include "base/moment.h"
#include "base/utf8.h"
#include "document/json.h"
#include "typed/number.h"

namespace ofn {
namespace {

using abi::Kind;
using abi::Scalar;
using abi::Type;
using abi::TypeField;

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void value(const Type& type, const void* object, const TypeField* field = nullptr) {
    switch (type.kind) {
      case Kind::kBool:
        out_ += type.get(object).integer != 0 ? "true" : "false";
        break;
      case Kind::kInteger:
        integer(type, type.get(object).integer, field);
        break;
      case Kind::kReal:
        real(type, type.get(object).real);
        break;
      case Kind::kText:
        string(type.get(object).text);
        break;
      case Kind::kEnum:
        word(type, type.get(object).integer);
        break;
      case Kind::kTime:
        time(type.get(object));
        break;
      case Kind::kDuration:
        plain(iso_duration_text(moment(type.get(object))));
        break;
      case Kind::kBytes:
        plain(base64_encode(type.get(object).text));
        break;
      case Kind::kRaw:
        raw(type.get(object).text);
        break;
      case Kind::kObject:
        out_ += '{';
        fields(type, object, false);
        out_ += '}';
        break;
      case Kind::kVariant:
        variant(type, object);
        break;
      case Kind::kList:
      case Kind::kMap:
        elements(type, object);
        break;
      case Kind::kArray:
      case Kind::kTuple:
        fixed_list(type, object);
        break;
      case Kind::kOptional:
        if (!inner(type, object, field)) out_ += "null";
        break;
      case Kind::kThrough:
        inner(type, object, field);
        break;
    }
  }

 private:
  struct Visitor {
    JsonWriter& writer;
    const Type& type;
    const TypeField* field = nullptr;
    bool any = false;
  };

  // Writes the elements with commas between them; a map's elements with their keys.
  void elements(const Type& type, const void* object) {
    out_ += type.kind == Kind::kMap ? '{' : '[';
    Visitor visitor{*this, type};
    type.each(object, &visitor, [](void* self, std::string_view key, const void* element) {
      auto& [writer, of, field, any] = *static_cast<Visitor*>(self);
      if (std::exchange(any, true)) writer.out_ += ',';
      if (of.kind == Kind::kMap) {
        writer.string(key);
        writer.out_ += ':';
      }
      writer.value(of.element(), element);
    });
    out_ += type.kind == Kind::kMap ? '}' : ']';
  }

  // Writes the value inside of an optional, or the value of the other type. Returns false if there is none.
  bool inner(const Type& type, const void* object, const TypeField* field) {
    Visitor visitor{*this, type, field};
    type.each(object, &visitor, [](void* self, std::string_view, const void* element) {
      auto& [writer, of, its_field, any] = *static_cast<Visitor*>(self);
      any = true;
      writer.value(of.element(), element, its_field);
    });
    return visitor.any;
  }

  void fields(const Type& type, const void* object, bool any) {
    for (std::size_t i = 0; i < type.count; ++i) {
      const TypeField& field = type.fields[i];
      const Type& of = field.type();
      const void* const member = field.in(const_cast<void*>(object));  // NOLINT: only read
      if (of.kind == Kind::kOptional && !has_value(of, member)) continue;
      if (std::exchange(any, true)) out_ += ',';
      name(field.name);
      value(of, member, &field);
    }
  }

  void variant(const Type& type, const void* object) {
    Visitor visitor{*this, type};
    type.each(object, &visitor, [](void* self, std::string_view word, const void* alternative) {
      auto& [writer, of, field, any] = *static_cast<Visitor*>(self);
      for (std::size_t i = 0; i < of.count; ++i) {
        if (of.fields[i].name != word) continue;
        writer.out_ += '{';
        writer.name(of.tag);
        writer.string(word);
        writer.fields(of.fields[i].type(), alternative, true);
        writer.out_ += '}';
      }
    });
  }

  void fixed_list(const Type& type, const void* object) {
    void* const mutable_object = const_cast<void*>(object);  // NOLINT: only read
    out_ += '[';
    for (std::size_t i = 0; i < type.count; ++i) {
      if (i > 0) out_ += ',';
      if (type.kind == Kind::kArray) {
        value(type.element(), type.at(mutable_object, i));
      } else {
        value(type.fields[i].type(), type.fields[i].in(mutable_object));
      }
    }
    out_ += ']';
  }

  static bool has_value(const Type& type, const void* object) {
    bool has = false;
    type.each(object, &has,
              [](void* seen, std::string_view, const void*) { *static_cast<bool*>(seen) = true; });
    return has;
  }

  void integer(const Type& type, std::uint64_t bits, const TypeField* field) {
    const bool as_text = field != nullptr && field->as_text;
    if (as_text) out_ += '"';
    type.min < 0 ? number(static_cast<std::int64_t>(bits)) : number(bits);
    if (as_text) out_ += '"';
  }

  void real(const Type& type, double real) {
    if (!std::isfinite(real)) fail("a number that is not finite");
    is_float(type) ? number(static_cast<float>(real)) : number(real);
  }

  void word(const Type& type, std::uint64_t value) {
    for (std::size_t i = 0; i < type.count; ++i) {
      if (type.words[i].value == value) return string(type.words[i].word);
    }
    fail(std::string("a value of ") + type.name + " that OFN_ENUM does not name");
  }

  static Moment moment(const Scalar& value) {
    return {.seconds = static_cast<std::int64_t>(value.integer), .nanoseconds = value.nanoseconds};
  }

  void time(const Scalar& value) {
    const auto text = time_text(moment(value));
    if (!text) fail("a time outside of the years 0 to 9999");
    plain(*text);
  }

  void raw(std::string_view text) {
    if (!document::is_json(text)) fail("a RawJson that is not JSON");
    out_ += text;
  }

  void number(auto value) {
    char digits[32];
    out_.append(std::begin(digits), std::to_chars(std::begin(digits), std::end(digits), value).ptr);
  }

  void name(std::string_view name) {
    string(name);
    out_ += ':';
  }

  void string(std::string_view value) {
    if (!is_utf8(value)) fail("text that is not UTF-8");
    document::append_json_string(out_, value);
  }

  // A text that needs no escapes.
  void plain(std::string_view text) {
    out_ += '"';
    out_ += text;
    out_ += '"';
  }

  [[noreturn]] static void fail(const std::string& what) {
    throw std::runtime_error("the result cannot be JSON: it has " + what);
  }

  std::string& out_;
};

}  // namespace

void write_json(const Type& type, const void* object, std::string& out) {
  JsonWriter(out).value(type, object);
}

}  // namespace ofn
