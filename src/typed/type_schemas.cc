#include "typed/type_schemas.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "typed/number.h"

namespace ofn {
namespace {

using abi::Kind;
using abi::Type;
using abi::TypeField;
using document::Node;

// The limits of a field replace those of its type.
void add_limits(Node& schema, const Type& type, const abi::Limits& limits) {
  if (type.kind == Kind::kOptional) return;  // its value has them
  const auto number = [&type](std::int64_t integer, double real) {
    if (type.kind != Kind::kInteger) return Node::number(real);
    return type.min < 0 ? Node::number(integer) : Node::number(static_cast<std::uint64_t>(integer));
  };
  if (limits.has_least) schema.set("minimum", number(limits.least, limits.least_real));
  if (limits.has_most) schema.set("maximum", number(limits.most, limits.most_real));
  const std::string_view unit = type.kind == Kind::kText  ? "Length"
                                : type.kind == Kind::kMap ? "Properties"
                                                          : "Items";
  if (limits.shortest > 0) schema.set("min" + std::string(unit), Node::number(limits.shortest));
  if (limits.longest < std::numeric_limits<std::size_t>::max())
    schema.set("max" + std::string(unit), Node::number(limits.longest));
  if (limits.pattern != nullptr) schema.set("pattern", std::string(limits.pattern->text));
}

Node fixed(const Type& type, Node list) {
  list.set("minItems", Node::number(type.count));
  list.set("maxItems", Node::number(type.count));
  return list;
}

Node words(const Type& type) {
  Node words = Node::list();
  for (std::size_t i = 0; i < type.count; ++i) words.add(std::string(type.words[i].word));
  return Node::object({{"type", "string"}, {"enum", std::move(words)}});
}

}  // namespace

Node TypeSchemas::of(const abi::TypedEnd& end) {
  if (end.type != nullptr) return of(end.type(), nullptr);
  return Node::object({{"type", "string"}, {"contentMediaType", end.media_type}});
}
Node TypeSchemas::of(const Type& type, const TypeField* field) {
  Node schema = without_limits(type, field);
  if (field != nullptr && field->is_limited) add_limits(schema, type, field->limits);
  return schema;
}

Node TypeSchemas::without_limits(const Type& type, const TypeField* field) {
  switch (type.kind) {
    case Kind::kBool:
      return Node::object({{"type", "boolean"}});
    case Kind::kInteger:
      if (field != nullptr && field->as_text)
        return Node::object({{"type", "string"}, {"pattern", "^-?[0-9]+$"}});
      return Node::object({{"type", "integer"},
                           {"minimum", Node::number(type.min)},
                           {"maximum", Node::number(type.max)}});
    case Kind::kTime:
      return Node::object({{"type", "string"}, {"format", "date-time"}});
    case Kind::kDuration:
      return Node::object({{"type", "string"}, {"format", "duration"}});
    case Kind::kBytes:
      return Node::object({{"type", "string"}, {"contentEncoding", "base64"}});
    case Kind::kRaw:
      return Node::object();
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
    case Kind::kArray:
      return fixed(type, Node::object({{"type", "array"}, {"items", of(type.element())}}));
    case Kind::kTuple: {
      Node items = Node::list();
      for (std::size_t i = 0; i < type.count; ++i) items.add(of(type.fields[i].type()));
      return fixed(type, Node::object({{"type", "array"}, {"prefixItems", std::move(items)}}));
    }
    case Kind::kThrough: {
      Node other = of(type.element(), field);
      if (type.is_set) other.set("uniqueItems", Node::scalar(Node::Kind::kBool, "true"));
      return other;
    }
    case Kind::kOptional:
      return Node::object(
          {{"anyOf", Node::list({of(type.element(), field), Node::object({{"type", "null"}})})}});
    case Kind::kEnum:
    case Kind::kObject:
    case Kind::kVariant:
      break;
  }
  return Node::object({{"$ref", place_ + name_of(type)}});
}

const std::string& TypeSchemas::name_of(const Type& type) {
  const auto [place, is_new] = names_.try_emplace(&type, type.name);
  if (!is_new) return place->second;
  // The author may have written a name with its namespace. A name in OpenAPI has no colons (3.1.0 §4.8.7.1).
  std::ranges::replace_if(
      place->second,
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '_' && c != '.' && c != '-'; },
      '_');
  const std::string name = place->second;
  // Two namespaces may have types of the same name.
  for (int i = 2; definitions_.find(place->second) != nullptr; ++i)
    place->second = name + std::to_string(i);
  definitions_.set(place->second, {});  // reserves the name while the types inside it are described
  definitions_.set(place->second, definition(type));
  return place->second;
}

Node TypeSchemas::definition(const Type& type) {
  switch (type.kind) {
    case Kind::kEnum:
      return words(type);
    case Kind::kVariant:
      return variant(type);
    default:
      return object(type);
  }
}

// Each alternative is described in its place, because its object has a member more than the struct.
Node TypeSchemas::variant(const Type& type) {
  Node alternatives = Node::list();
  for (std::size_t i = 0; i < type.count; ++i) {
    Node alternative = object(type.fields[i].type());
    Node properties =
        Node::object({{type.tag, Node::object({{"const", std::string(type.fields[i].name)}})}});
    for (const Node& property : alternative.find("properties")->children())
      properties.set(std::string(property.key()), property);
    Node required = Node::list({type.tag});
    if (const Node* const others = alternative.find("required")) {
      for (const Node& other : others->children()) required.add(other);
    }
    alternative.set("properties", std::move(properties));
    alternative.set("required", std::move(required));
    alternatives.add(std::move(alternative));
  }
  return Node::object({{"oneOf", std::move(alternatives)}});
}

Node TypeSchemas::object(const Type& type) {
  Node properties = Node::object();
  Node required = Node::list();
  for (std::size_t i = 0; i < type.count; ++i) {
    const TypeField& field = type.fields[i];
    const Type& of_field = field.type();
    properties.set(std::string(field.name), of(of_field, &field));
    const bool may_be_absent =
        type.defaults_absent || field.may_be_absent || of_field.kind == Kind::kOptional;
    if (!may_be_absent) required.add(std::string(field.name));
  }
  Node object = Node::object({{"type", "object"}, {"properties", std::move(properties)}});
  if (!required.children().empty()) object.set("required", std::move(required));
  if (type.refuses_unknown)
    object.set("additionalProperties", Node::scalar(Node::Kind::kBool, "false"));
  return object;
}

}  // namespace ofn
