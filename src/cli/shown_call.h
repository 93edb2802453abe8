// A call as the local API describes it, in words for the terminal.
//
//   text += line_of(call);                           // "15:38:09 1f3a GET /price/7 200 1.2 ms price build 1"
//   text += whole_text(call);                        // with fields and bodies
//
// Everything that others wrote is made safe to show (dev/visible_text.h).
#pragma once

#include <string>
#include <string_view>

#include "document/node.h"

namespace ofn::cli {

std::string line_of(const document::Node& call);
std::string whole_text(const document::Node& call);
// Returns the lines that show one send to an output, with its data, whether it was sent or captured.
std::string sent_text(const document::Node& sent);
// "body", or "body_base64" decoded; empty without one.
std::string body_of(const document::Node& content);
// The text of a scalar member; empty without one.
std::string member_text(const document::Node& object, std::string_view name);

}  // namespace ofn::cli
