// The texts of the messages on the control channel: JSON, so that a log of them can be read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dev/event.h"

namespace ofn::dev {

std::string encode(const CallEnded& call);
std::string encode(const std::vector<ServedFunction>& functions);
// nullopt: this is no such text. Both processes are the same program, so that would be a mistake of this room.
std::optional<CallEnded> decode_call(std::string_view text);
std::optional<std::vector<ServedFunction>> decode_functions(std::string_view text);

}  // namespace ofn::dev
