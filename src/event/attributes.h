// The rules for CloudEvents attributes in every format: names, the characters of values, and the
// specification's rules for the attributes that it defines.
//
//   CloudEvent event;
//   if (auto set = set_attribute(event, "subject", "a.txt"); !set) return set.error();
//   if (auto whole = check_required(event); !whole) return whole.error();
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <ofn/cloud_event.h>

#include "base/error.h"

namespace ofn::event {

// Returns true for lower-case ASCII letters and digits (spec §3, "Attribute Naming Convention").
bool is_attribute_name(std::string_view name) noexcept;

// Returns `value` for an error message: quoted, cut to a few words, with unprintable characters
// escaped.
std::string shown(std::string_view value);

// Sets one attribute of the event: its own member, or an extension.
// Errors: kInvalidArgument with the attribute, what was expected and what was found.
// Spec: §2.4 (type system), §3 (names), §3.1 (the attributes defined there). Checks the characters
// of `source` as a URI-reference, also the scheme of `dataschema`, and the type and subtype of
// `datacontenttype`; it does not parse them further.
Result<void> set_attribute(CloudEvent& event, std::string_view name, std::string value);

// Returns true for the characters of a URI-reference (RFC 3986 §2); two hexadecimal digits must
// follow a '%'.
bool is_uri_reference(std::string_view text) noexcept;

// Checks that id, source and type are set.
Result<void> check_required(const CloudEvent& event);

// Reads an event's attributes, in any order, and makes a 1.0 event of them. It maps the differences
// of version 0.3: `schemaurl` becomes `dataschema`, and the encoding that `datacontentencoding`
// names is decoded.
//
//   AttributeReader reader;
//   if (auto set = reader.set("id", "1"); !set) return set.error();     …
//   Result<CloudEvent> event = reader.finish();
//
// Spec: CloudEvents 0.3, spec.md §"Optional Attributes".
class AttributeReader {
 public:
  // Errors: those of set_attribute.
  Result<void> set(std::string_view name, std::string value);
  // Returns the event, without data. Errors: kInvalidArgument: a required attribute is missing.
  Result<CloudEvent> finish();
  // Returns true if the event's data is base64 text. Valid after finish().
  bool data_is_base64() const noexcept { return data_is_base64_; }

 private:
  CloudEvent event_;
  bool has_version_ = false;
  bool is_0_3_ = false;
  bool data_is_base64_ = false;
  std::optional<std::string> schema_url_;  // the meaning of these two depends on the version
  std::optional<std::string> encoding_;
};

// Applies all rules above to an event that an author made, before it is sent.
Result<void> check_event(const CloudEvent& event);

}  // namespace ofn::event
