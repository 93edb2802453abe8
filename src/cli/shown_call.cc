#include "cli/shown_call.h"

#include <algorithm>

#include "base/base64.h"
#include "base/utf8.h"
#include "dev/visible_text.h"

namespace ofn::cli {

using dev::Lines;
using dev::visible;
using document::Node;

namespace {

constexpr std::size_t kMostShown = std::size_t{16} << 10;

std::string indented(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.append("    ").append(text.substr(0, end)).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string content_text(std::string_view title, const Node* content) {
  if (content == nullptr) return {};
  std::string text = "  " + std::string(title) + "\n";
  if (const Node* fields = content->find("fields")) {
    for (const Node& field : fields->items()) {
      text += "    " + visible(field.find_text("name")) + ": " + visible(field.find_text("value")) +
              "\n";
    }
  }
  const std::string body = body_of(*content);
  const std::string size = member_text(*content, "size");
  if (body.empty()) {
    if (!size.empty() && size != "0") text += "    (" + size + " bytes, which were not kept)\n";
    return text;
  }
  const std::string_view shown = std::string_view(body).substr(0, kMostShown);
  text += "\n" + indented(visible(shown, Lines::kSeveral));
  if (!size.empty() && size != std::to_string(shown.size()))
    text += "    … " + size + " bytes in all\n";
  return text;
}

}  // namespace

std::string member_text(const Node& object, std::string_view name) {
  const Node* member = object.find(name);
  return member == nullptr ? std::string() : member->text();
}

std::string body_of(const Node& content) {
  if (const Node* encoded = content.find("body_base64"))
    return base64_decode(encoded->text()).value_or("");
  return std::string(content.find_text("body"));
}

std::string line_of(const Node& call) {
  const std::string time = member_text(call, "time");
  std::string text = time.size() >= 19 ? time.substr(11, 8) : time;
  const std::string method = member_text(call, "method");
  text += " " + visible(member_text(call, "id")) + " " +
          visible(method.empty() ? member_text(call, "kind") : method) + " " +
          dev::visible_path(member_text(call, "path")) + " ";
  const std::string status = member_text(call, "status");
  text += status == "0" ? visible(member_text(call, "verdict")) : status;
  text += " in " + member_text(call, "answered_ms") + " ms";
  if (const std::string name = member_text(call, "function"); !name.empty())
    text += " · " + visible(name);
  if (const Node* outputs = call.find("outputs")) {
    for (const Node& output : outputs->items()) {
      text +=
          " · " + visible(output.find_text("name")) + " " + visible(output.find_text("outcome"));
    }
  }
  if (const std::string refusal = member_text(call, "refusal"); !refusal.empty())
    text += " · " + visible(refusal);
  if (const Node* thrown = call.find_value("thrown")) {
    text += " · threw " + visible(thrown->find_text("type")) + ": " +
            visible(thrown->find_text("what"));
  }
  return text + " · build " + member_text(call, "build");
}

std::string sent_text(const Node& sent) {
  std::string text = "  " + visible(sent.find_text("outcome")) + " " +
                     visible(sent.find_text("output")) + " → " +
                     visible(sent.find_text("component"));
  for (const std::string_view name : {"topic", "operation"}) {
    if (const std::string_view value = sent.find_text(name); !value.empty())
      text += " " + std::string(name) + " " + visible(value);
  }
  const Node* content = sent.find("content");
  if (content == nullptr) return text + "\n";
  text += " (" + member_text(*content, "size") + " bytes)\n";
  const std::string body = body_of(*content);
  if (body.empty()) return text;
  return text + indented(visible(std::string_view(body).substr(0, kMostShown), Lines::kSeveral));
}

std::string whole_text(const Node& call) {
  std::string text = line_of(call) + "\n" + content_text("request", call.find("request")) +
                     content_text("answer", call.find("answer"));
  if (const Node* thrown = call.find_value("thrown")) {
    text += "  threw " + visible(thrown->find_text("type")) + ": " +
            visible(thrown->find_text("what"), Lines::kSeveral) + "\n";
    if (const Node* frames = thrown->find("frames")) {
      for (const Node& frame : frames->items()) {
        text += "    " + visible(frame.find_text("file")) + ":" + member_text(frame, "line") +
                " in " + visible(frame.find_text("function")) + "\n";
      }
    }
  }
  if (const Node* all = call.find("sent")) {
    for (const Node& sent : all->items()) text += sent_text(sent);
  }
  return text;
}

}  // namespace ofn::cli
