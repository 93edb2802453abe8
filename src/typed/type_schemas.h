// The JSON Schemas (2020-12) of authors' types, for a document that has several of them.
//
//   TypeSchemas schemas("#/$defs/");
//   document::Node argument = schemas.of(function.typed->argument);
//   document::Node definitions = std::move(schemas).definitions();      // of the named types that were met
#pragma once

#include <map>
#include <string>

#include <ofn/abi.h>

#include "document/node.h"

namespace ofn {

// Each named type is described once, among the definitions, because a type may contain itself.
class TypeSchemas {
 public:
  // `place`: where the document has the definitions, for references to them.
  explicit TypeSchemas(std::string place) : place_(std::move(place)) {}

  // Returns the schema of a function's argument or result that has a body.
  document::Node of(const abi::TypedEnd& end);
  document::Node definitions() && { return std::move(definitions_); }

 private:
  document::Node of(const abi::Type& type, const abi::TypeField* field = nullptr);
  document::Node without_limits(const abi::Type& type, const abi::TypeField* field);
  const std::string& name_of(const abi::Type& type);
  document::Node definition(const abi::Type& type);
  document::Node variant(const abi::Type& type);
  document::Node object(const abi::Type& type);

  std::string place_;
  std::map<const abi::Type*, std::string> names_;
  document::Node definitions_ = document::Node::object();
};

}  // namespace ofn
