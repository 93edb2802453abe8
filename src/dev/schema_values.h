// Values that a JSON Schema allows, and values with one mistake, to try a function with: `ff test --fuzz`.
//
//   SchemaValues values(openapi, random);
//   const document::Node order = values.valid(schema);
//   if (const auto wrong = values.mistaken(schema)) say(wrong->pointer);      // "/count"
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "document/node.h"

namespace ofn::dev {

// Understands what example_of() does. The same seed gives the same values.
// Lifetime: `root`, the document that references lead into, and `random` outlive it.
class SchemaValues {
 public:
  struct Mistaken {
    document::Node value;
    std::string pointer;  // of the mistake, as typed/reader.h names it (RFC 6901)
    std::string what;     // "too small"
  };

  SchemaValues(const document::Node& root, Random& random) : root_(root), random_(random) {}

  // Prefers values at the limits, empty ones and odd characters.
  document::Node valid(const document::Node& schema);
  // Returns nullopt if the schema allows everything, or if no mistake is known for it.
  std::optional<Mistaken> mistaken(const document::Node& schema);

 private:
  struct Place {
    std::string pointer;
    std::optional<document::Node> instead;  // not set: the member is removed
    std::string what;
  };

  std::size_t below(std::size_t most);
  bool one_in(std::size_t times) { return below(times) == 0; }
  const document::Node& resolved(const document::Node& schema) const;
  document::Node made(const document::Node& schema, int depth);
  document::Node object(const document::Node& schema, int depth);
  document::Node array(const document::Node& schema, int depth);
  document::Node integer(const document::Node& schema);
  document::Node real(const document::Node& schema);
  document::Node text(const document::Node& schema);
  std::string random_text(std::size_t least, std::size_t most);

  void add_places(const document::Node& schema, const document::Node& value,
                  const std::string& pointer, std::vector<Place>& places);
  void add_object(const document::Node& schema, const document::Node& value,
                  const std::string& pointer, std::vector<Place>& places);
  void add_array(const document::Node& schema, const document::Node& value,
                 const std::string& pointer, std::vector<Place>& places);
  static void add_number(const document::Node& schema, const std::string& pointer,
                         std::vector<Place>& places);
  static void add_text(const document::Node& schema, const document::Node& value,
                       const std::string& pointer, std::vector<Place>& places);

  const document::Node& root_;
  Random& random_;
};

}  // namespace ofn::dev
