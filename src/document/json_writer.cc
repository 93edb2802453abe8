#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "document/json.h"

namespace ofn::document {
namespace {

enum class Layout { kCompact, kIndented };

void append_line(std::string& out, Layout layout, std::size_t level) {
  if (layout == Layout::kCompact) return;
  out += '\n';
  out.append(2 * level, ' ');
}

// Recurses as deep as the tree nests.
void append(std::string& out, const Node& node, Layout layout, std::size_t level) {
  if (node.is(Node::Kind::kText)) return append_json_string(out, node.text());
  if (node.is(Node::Kind::kNull)) {
    out += "null";
    return;
  }
  if (!node.has_children()) {
    out += node.text();
    return;
  }
  const bool is_object = node.is(Node::Kind::kObject);
  out += is_object ? '{' : '[';
  bool first = true;
  for (const Node& child : node.children()) {
    if (!std::exchange(first, false)) out += ',';
    append_line(out, layout, level + 1);
    if (is_object) {
      append_json_string(out, child.key());
      out += layout == Layout::kCompact ? ":" : ": ";
    }
    append(out, child, layout, level + 1);
  }
  if (!first) append_line(out, layout, level);
  out += is_object ? '}' : ']';
}

}  // namespace

std::string to_json(const Node& node) {
  std::string text;
  append(text, node, Layout::kCompact, 0);
  return text;
}

std::string to_indented_json(const Node& node) {
  std::string text;
  append(text, node, Layout::kIndented, 0);
  return text;
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  // The short forms of \b (8) to \r (13); \v (11) has none.
  static constexpr std::string_view kShort = "btn?fr";
  out += '"';
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, written, i - written);
    written = i + 1;
    out += '\\';
    if (byte >= 0x20) {
      out += text[i];
    } else if (byte >= 8 && byte <= 13 && byte != 11) {
      out += kShort[byte - 8];
    } else {
      out += "u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    }
  }
  out.append(text, written);
  out += '"';
}

}  // namespace ofn::document
