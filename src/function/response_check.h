// Checks whether a function's response can be sent. Authors make mistakes that would break the
// framing of the connection, or that would let a client's bytes write header fields. The check runs
// as soon as the function returns, before outputs and response are sent.
#pragma once

#include <optional>
#include <string>

#include <ofn/response.h>

namespace ofn {

// Returns a sentence for the author that says what is wrong with a response; nullopt if it can be
// sent. Refuses a status outside 200…599, a name that is not a token, a value with a control
// character other than tab, and fields that only the server sets. The sentence contains no values,
// because they may be secret.
// Spec: RFC 9110 §5.1, §5.5, §7.6.1; RFC 9113 §8.2.2.
// Cost: one pass over the fields; allocates only for the sentence.
std::optional<std::string> response_problem(const Response& response);

}  // namespace ofn
