// The rules every CloudEvents attribute obeys, whatever carried it: names, value characters, and
// what the specification says of the attributes it defines.
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

// Lower-case ASCII letters and digits (spec §3, "Attribute Naming Convention").
bool is_attribute_name(std::string_view name) noexcept;

// RFC 3339 §5.6 `date-time`, with a day that exists; a leap second is allowed.
bool is_rfc3339(std::string_view text) noexcept;

// A media type without its parameters.
std::string_view essence(std::string_view media_type) noexcept;

// Returns true if data of this media type is JSON text: `application/json`, `text/json`, `…+json`, any case, any
// parameters (JSON format §3.1).
bool is_json_type(std::string_view media_type) noexcept;

// `value` for an error message: cut to a few words, what cannot be printed escaped, in quotes.
std::string shown(std::string_view value);

// Puts one attribute where it belongs in the event: its own member, or the extensions.
// Errors: kInvalidArgument naming the attribute, what was expected and what was found.
// Spec: §2.4 (type system), §3 (names), §3.1 (the attributes defined there). `source` has a
// URI-reference's characters, `dataschema` also a scheme, `datacontenttype` a type and a subtype; none
// of them is taken apart further.
Result<void> set_attribute(CloudEvent& event, std::string_view name, std::string value);

// A URI-reference by its characters (RFC 3986 §2): '%' stands before two hexadecimal digits.
bool is_uri_reference(std::string_view text) noexcept;

// Checks that id, source and type are there.
Result<void> check_required(const CloudEvent& event);

// Reads an event's attributes, in any order, and makes an event of 1.0 of them. What 0.3 says otherwise is
// mapped: `schemaurl` becomes `dataschema`, and `datacontentencoding` is undone.
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
  // The event, without data. Errors: kInvalidArgument: a required attribute is absent.
  Result<CloudEvent> finish();
  // Returns true if the data that comes with it is base64 text. Known after finish().
  bool data_is_base64() const noexcept { return data_is_base64_; }

 private:
  CloudEvent event_;
  bool has_version_ = false;
  bool is_0_3_ = false;
  bool data_is_base64_ = false;
  std::optional<std::string> schema_url_;  // what they mean depends on the version
  std::optional<std::string> encoding_;
};

// All of the above for an event that an author made and that is about to be sent.
Result<void> check_event(const CloudEvent& event);

}  // namespace ofn::event
