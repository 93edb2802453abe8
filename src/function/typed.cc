#include "function/typed.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "document/json.h"
#include "document/node.h"
#include "function/typed_number.h"
#include "function/typed_reader.h"

namespace ofn {
namespace {

using abi::Kind;
using abi::Type;
using document::Node;

constexpr std::string_view kJson = "application/json";

Response refusal(int status, const std::string& text) {
  return Response(text + "\n").status(status);
}

// Returns the media type without parameters: "text/csv" for "Text/CSV; charset=utf-8".
std::string_view media_type_of(const Request& request) {
  std::string_view type = request.header("content-type").value_or(std::string_view());
  type = type.substr(0, type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return type;
}

bool is_json(std::string_view type) {
  constexpr std::string_view kSuffix = "+json";
  return same_field_name(type, kJson) ||
         (type.size() > kSuffix.size() &&
          same_field_name(type.substr(type.size() - kSuffix.size()), kSuffix));
}

bool accept(const abi::Call& call, const char* media_type, Response& response) {
  const std::string_view type = media_type_of(*call.request);
  if (type.empty() || same_field_name(type, media_type)) return true;
  response = refusal(415, "the content type must be " + std::string(media_type));
  return false;
}

bool read(const abi::Call& call, const Type& type, void* object, Response& response) {
  const std::string_view media_type = media_type_of(*call.request);
  if (!media_type.empty() && !is_json(media_type)) {
    response = refusal(415, "the content type must be application/json");
    return false;
  }
  const auto problem = read_json(call.request->body(), type, object);
  if (problem) response = refusal(400, *problem);
  return !problem;
}

class Writer {
 public:
  std::string text() && { return std::move(text_); }

  void value(const Type& type, const void* object) {
    switch (type.kind) {
      case Kind::kBool:
        text_ += type.get(object).integer != 0 ? "true" : "false";
        break;
      case Kind::kInteger: {
        const std::uint64_t bits = type.get(object).integer;
        type.min < 0 ? number(static_cast<std::int64_t>(bits)) : number(bits);
        break;
      }
      case Kind::kReal: {
        const double real = type.get(object).real;
        if (!std::isfinite(real)) fail("a number that is not finite");
        is_float(type) ? number(static_cast<float>(real)) : number(real);
        break;
      }
      case Kind::kText:
        string(type.get(object).text);
        break;
      case Kind::kEnum:
        word(type, type.get(object).integer);
        break;
      case Kind::kObject:
        fields(type, object);
        break;
      case Kind::kList:
      case Kind::kMap:
        elements(type, object);
        break;
      case Kind::kOptional:
        if (!each(type, object)) text_ += "null";
        break;
    }
  }

 private:
  struct Visitor {
    Writer& writer;
    const Type& type;
    bool any = false;
  };

  // Writes the elements with commas between them; a map's elements with their keys. Returns true if
  // there are any.
  bool each(const Type& type, const void* object) {
    Visitor visitor{*this, type};
    type.each(object, &visitor, [](void* self, std::string_view key, const void* element) {
      auto& [writer, of, any] = *static_cast<Visitor*>(self);
      if (std::exchange(any, true)) writer.text_ += ',';
      if (of.kind == Kind::kMap) {
        writer.string(key);
        writer.text_ += ':';
      }
      writer.value(of.element(), element);
    });
    return visitor.any;
  }

  void elements(const Type& type, const void* object) {
    text_ += type.kind == Kind::kMap ? '{' : '[';
    each(type, object);
    text_ += type.kind == Kind::kMap ? '}' : ']';
  }

  void fields(const Type& type, const void* object) {
    text_ += '{';
    bool any = false;
    for (std::size_t i = 0; i < type.count; ++i) {
      const abi::TypeField& field = type.fields[i];
      const Type& of = field.type();
      const void* const member = field.in(const_cast<void*>(object));  // NOLINT: only read
      if (of.kind == Kind::kOptional && !has_value(of, member)) continue;
      if (std::exchange(any, true)) text_ += ',';
      text_ += '"';
      text_ += field.name;
      text_ += "\":";
      value(of, member);
    }
    text_ += '}';
  }

  static bool has_value(const Type& type, const void* object) {
    bool has = false;
    type.each(object, &has,
              [](void* seen, std::string_view, const void*) { *static_cast<bool*>(seen) = true; });
    return has;
  }

  void word(const Type& type, std::uint64_t value) {
    for (std::size_t i = 0; i < type.count; ++i) {
      if (type.words[i].value == value) return string(type.words[i].word);
    }
    fail(std::string("a value of ") + type.name + " that OFN_ENUM does not name");
  }

  void number(auto value) {
    char digits[32];
    text_.append(std::begin(digits),
                 std::to_chars(std::begin(digits), std::end(digits), value).ptr);
  }

  void string(std::string_view value) {
    if (!is_utf8(value)) fail("text that is not UTF-8");
    document::append_json_string(text_, value);
  }

  [[noreturn]] static void fail(const std::string& what) {
    throw std::runtime_error("the result cannot be JSON: it has " + what);
  }

  std::string text_;
};

void write(const Type& type, const void* object, Response& response) {
  Writer writer;
  writer.value(type, object);
  response = Response(std::move(writer).text()).content_type(std::string(kJson));
}

constexpr abi::CodecTable kCodec = {.accept = accept, .read = read, .write = write};

// Each named type is described once, under $defs, because a type may contain itself.
class Schema {
 public:
  Node of(const abi::TypedEnd& end) {
    if (end.type != nullptr) return of(end.type());
    return Node::object({{"type", "string"}, {"contentMediaType", end.media_type}});
  }
  Node definitions() && { return std::move(definitions_); }

 private:
  Node of(const Type& type) {
    switch (type.kind) {
      case Kind::kBool:
        return Node::object({{"type", "boolean"}});
      case Kind::kInteger:
        return Node::object({{"type", "integer"},
                             {"minimum", Node::number(type.min)},
                             {"maximum", Node::number(type.max)}});
      case Kind::kReal:
        if (!is_float(type)) return Node::object({{"type", "number"}});
        // The largest float as others print it; reading this text gives that float.
        return Node::object({{"type", "number"},
                             {"minimum", Node::number(-3.4028235e38)},
                             {"maximum", Node::number(3.4028235e38)}});
      case Kind::kText:
        return Node::object({{"type", "string"}});
      case Kind::kList:
        return Node::object({{"type", "array"}, {"items", of(type.element())}});
      case Kind::kMap:
        return Node::object({{"type", "object"}, {"additionalProperties", of(type.element())}});
      case Kind::kOptional:
        return Node::object(
            {{"anyOf", Node::list({of(type.element()), Node::object({{"type", "null"}})})}});
      case Kind::kEnum:
      case Kind::kObject:
        break;
    }
    return Node::object({{"$ref", "#/$defs/" + name_of(type)}});
  }

  const std::string& name_of(const Type& type) {
    const auto [place, is_new] = names_.try_emplace(&type, type.name);
    if (!is_new) return place->second;
    // Two namespaces may have types of the same name.
    for (int i = 2; definitions_.find(place->second) != nullptr; ++i)
      place->second = type.name + std::to_string(i);
    definitions_.set(place->second,
                     {});  // reserves the name while the types inside it are described
    definitions_.set(place->second, type.kind == Kind::kEnum ? words(type) : object(type));
    return place->second;
  }

  static Node words(const Type& type) {
    Node words = Node::list();
    for (std::size_t i = 0; i < type.count; ++i) words.add(type.words[i].word);
    return Node::object({{"enum", std::move(words)}});
  }

  Node object(const Type& type) {
    Node properties = Node::object();
    Node required = Node::list();
    for (std::size_t i = 0; i < type.count; ++i) {
      const Type& field = type.fields[i].type();
      properties.set(type.fields[i].name, of(field));
      if (field.kind != Kind::kOptional && !type.defaults_absent) required.add(type.fields[i].name);
    }
    Node object = Node::object({{"type", "object"}, {"properties", std::move(properties)}});
    if (!required.children().empty()) object.set("required", std::move(required));
    if (type.refuses_unknown)
      object.set("additionalProperties", Node::scalar(Node::Kind::kBool, "false"));
    return object;
  }

  std::map<const Type*, std::string> names_;
  Node definitions_ = Node::object();
};

}  // namespace

const abi::CodecTable& typed_codec() noexcept { return kCodec; }

std::string schema_of(std::span<const Function> functions) {
  Schema schema;
  Node told = Node::object();
  for (const Function& function : functions) {
    if (function.typed == nullptr) continue;
    Node ends = Node::object({{"argument", schema.of(function.typed->argument)}});
    const abi::TypedEnd& result = function.typed->result;
    if (result.type != nullptr || result.media_type != nullptr)
      ends.set("result", schema.of(result));
    told.set(function.name, std::move(ends));
  }
  const Node document = Node::object({{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                                      {"functions", std::move(told)},
                                      {"$defs", std::move(schema).definitions()}});
  return document::to_indented_json(document) + "\n";
}

}  // namespace ofn
