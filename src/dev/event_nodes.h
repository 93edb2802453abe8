// What happens in the developer's loop as JSON values, for NDJSON and for the local API.
//
//   document::Node object = document::Node::object();
//   set_members(object, call);                      // "build", "id", "status", …
//   object.set("sent", nodes_of(call.sent));
//
// Values. Text that is not UTF-8 gets U+FFFD in place of the wrong bytes; bodies get "body_base64" instead of "body".
// Cost: linear.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "dev/event.h"
#include "document/node.h"

namespace ofn::dev {

document::Node text_node(const std::string& text);
document::Node text_nodes(const std::vector<std::string>& texts);
// Milliseconds, with microseconds behind the point: 310, 1.24.
document::Node ms_node(Duration duration);
document::Node bool_node(bool value);

document::Node node_of(const Diagnostic& diagnostic);
document::Node node_of(const ServedFunction& function);
document::Node node_of(const Link& link);
document::Node node_of(const OutputTold& output);
document::Node node_of(const Frame& frame);
document::Node node_of(const Thrown& thrown);
document::Node node_of(const Content& content);
document::Node node_of(const Sent& sent);

// As node_of(), with the schema.
document::Node described(const ServedFunction& function);

template <class Item>
document::Node nodes_of(const std::vector<Item>& items) {
  std::vector<document::Node> nodes;
  nodes.reserve(items.size());
  for (const Item& item : items) nodes.push_back(node_of(item));
  return document::Node::list(std::move(nodes));
}

// The members of a call that say what became of it, without its contents.
void set_members(document::Node& object, const CallEnded& call);
// Sets "body", or "body_base64" if it is not UTF-8.
void set_body(document::Node& object, const std::string& body);

}  // namespace ofn::dev
