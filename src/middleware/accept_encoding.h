// The field Accept-Encoding.
//
//   prefers_gzip(request.headers());   // "gzip, br" → true; "gzip;q=0" → false
#pragma once

#include <span>

#include <ofn/field.h>

namespace ofn {

// Returns true if the client accepts gzip, and does not prefer an answer as it is. Several fields count as one. An element that is
// malformed is ignored. Spec: RFC 9110 §12.5.3, §12.4.2. Cost: linear; allocates nothing.
bool prefers_gzip(std::span<const Field> fields) noexcept;

}  // namespace ofn
