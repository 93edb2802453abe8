// The rules every CloudEvents attribute obeys, whatever carried it: names, value characters, and
// what the specification says of the attributes it defines.
//
//   CloudEvent event;
//   if (auto set = set_attribute(event, "subject", "a.txt"); !set) return set.error();
//   if (auto whole = check_required(event); !whole) return whole.error();
#pragma once

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

// Is data of this media type JSON text? `application/json`, `text/json`, `…+json`, any case, any
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

// Are id, source and type there?
Result<void> check_required(const CloudEvent& event);

// All of the above for an event that an author made and that is about to be sent.
Result<void> check_event(const CloudEvent& event);

}  // namespace ofn::event
