// Is what an author's function answered something that can be sent? Authors make mistakes that
// would break the framing of the connection, or let a caller's bytes write header fields. It is
// asked as soon as the function returns: before the outputs, and before any wire.
#pragma once

#include <optional>
#include <string>

#include <ofn/response.h>

namespace ofn {

// What is wrong with a response, in a sentence for its author; nullopt when it can be sent. Refused:
// a status outside 200…599, a name that is no token, a value with a control character other than
// tab, and fields that are the server's to set. Values are not repeated: they may hold secrets.
// Spec: RFC 9110 §5.1, §5.5, §7.6.1; RFC 9113 §8.2.2.
// Cost: one pass over the fields; allocates only for the sentence.
std::optional<std::string> response_problem(const Response& response);

}  // namespace ofn
