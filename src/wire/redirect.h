// What a client sends after a redirect that it follows (RFC 9110 §15.4): the same, but to the new place, or a GET.
#pragma once

#include <string_view>

#include <ofn/field.h>

namespace ofn::wire {

// Returns true if the next request is a GET without the body: 303 makes one of all methods but HEAD, and 301 and 302 make one of POST.
inline bool redirects_to_get(int status, std::string_view method) noexcept {
  return status == 303 ? method != "HEAD" : (status == 301 || status == 302) && method == "POST";
}

// Returns true if a field describes the body, so that a request without the body does not have it.
inline bool describes_content(std::string_view name) noexcept {
  constexpr std::string_view kContent = "content-";
  return same_field_name(name.substr(0, kContent.size()), kContent) ||
         same_field_name(name, "digest") || same_field_name(name, "last-modified");
}

}  // namespace ofn::wire
