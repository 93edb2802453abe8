#include "check/report.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "dev/visible_text.h"
#include "document/json.h"

namespace ofn::check {

namespace {

using dev::columns;
using dev::visible;
using document::Node;

// A longer line is cut around the place.
constexpr std::size_t kMostCharacters = 100;
constexpr std::size_t kCharactersBefore = 40;

// Adds SGR sequences if they are wanted.
std::string coloured(std::string_view text, std::string_view code, const dev::Look& look) {
  if (!look.colours) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string_view colour_of(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "1;31";
    case Severity::kWarning:
      return "1;33";
    case Severity::kNote:
      return "1;36";
  }
  return "0";
}

// Returns the bytes at which each character of a text begins, and its end.
std::vector<std::size_t> characters_of(std::string_view text) {
  std::vector<std::size_t> begins;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) begins.push_back(i);
  }
  begins.push_back(text.size());
  return begins;
}

// The source line and the marks below the place.
struct Excerpt {
  std::string line;
  std::string marks;
};

Excerpt excerpt_of(const Place& place) {
  const std::vector<std::size_t> at = characters_of(place.source);
  const std::size_t length = at.size() - 1;
  const std::size_t first = std::min(place.column - 1, length);
  const std::size_t size =
      std::min(std::max<std::size_t>(place.size, 1), std::max<std::size_t>(length - first, 1));
  std::size_t begin = 0;
  if (length > kMostCharacters && first > kCharactersBefore) begin = first - kCharactersBefore;
  const std::size_t end = std::min(length, begin + kMostCharacters);
  const auto part = [&](std::size_t from, std::size_t to) {
    from = std::min(from, end);
    to = std::min(std::max(to, from), end);
    std::string text(std::string_view(place.source).substr(at[from], at[to] - at[from]));
    std::ranges::replace(text, '\t', ' ');
    return visible(text);
  };
  const std::string before = (begin > 0 ? "…" : "") + part(begin, first);
  const std::string marked = part(first, first + size);
  const std::string after = part(first + size, end) + (end < length ? "…" : "");
  return {.line = before + marked + after,
          .marks = std::string(columns(before), ' ') + '^' +
                   std::string(std::max<std::size_t>(columns(marked), 1) - 1, '~')};
}

std::string plural(std::size_t number, std::string_view one) {
  return std::to_string(number) + " " + std::string(one) + (number == 1 ? "" : "s");
}

void append_block(const Finding& finding, const dev::Look& look, std::string& text) {
  const Place& place = finding.place;
  const std::string id = finding.detail.empty() ? std::string(finding.id)
                                                : std::string(finding.id) + "/" + finding.detail;
  text += coloured(visible(place.file) + ":" + std::to_string(place.line) + ":" +
                       std::to_string(place.column) + ":",
                   "1", look) +
          " " +
          coloured(std::string(severity_name(finding.severity)) + ":", colour_of(finding.severity),
                   look) +
          " " + visible(finding.found) + " [" + id + "]\n";
  std::string number = std::to_string(place.line);
  number.insert(0, 5 - std::min<std::size_t>(number.size(), 5), ' ');
  const std::string margin(number.size(), ' ');
  if (!place.source.empty()) {
    const Excerpt excerpt = excerpt_of(place);
    text += number + " | " + excerpt.line + "\n" + margin + " | " +
            coloured(excerpt.marks, colour_of(finding.severity), look) + "\n";
  }
  text += margin + " = " + visible(finding.change) +
          (finding.fix.empty() ? "" : "; --fix corrects it") + "\n";
}

std::string checked_text(const Checked& checked) {
  std::string text;
  const auto add = [&text](std::size_t number, std::string_view what) {
    if (number > 0) text += (text.empty() ? "" : ", ") + plural(number, what);
  };
  add(checked.contexts, "context");
  add(checked.components, "component file");
  add(checked.env_files, "file of variables");
  add(checked.sources, "source file");
  add(checked.manifests, "manifest");
  if (const auto wrong = text.find("file of variabless"); wrong != std::string::npos)
    text.replace(wrong, 18, "files of variables");
  return text.empty() ? "no file of a function" : text;
}

Node json_of(const Finding& finding) {
  const Place& place = finding.place;
  Node node = Node::object(
      {{"id", finding.id},
       {"name", rule_of(finding.id).name},
       {"severity", severity_name(finding.severity)},
       {place.is_file ? "file" : "variable", place.file},
       {"line", Node::number(place.line)},
       {"column", Node::number(place.column)},
       {"size", Node::number(place.size)},
       {"message", finding.found},
       {"action", finding.change},
       {"fixable", Node::scalar(Node::Kind::kBool, finding.fix.empty() ? "false" : "true")}});
  if (!finding.detail.empty()) node.set("detail", finding.detail);
  return node;
}

}  // namespace

std::size_t count(std::span<const Finding> findings, Severity severity) {
  return static_cast<std::size_t>(std::ranges::count(findings, severity, &Finding::severity));
}

std::string findings_text(std::span<const Finding> findings, const Checked& checked,
                          dev::Look look) {
  std::string text;
  for (const Finding& finding : findings) append_block(finding, look, text);
  const auto fixable =
      std::ranges::count_if(findings, [](const Finding& finding) { return !finding.fix.empty(); });
  std::string sum;
  for (const Severity severity : {Severity::kError, Severity::kWarning, Severity::kNote}) {
    const std::size_t number = count(findings, severity);
    if (number > 0) sum += (sum.empty() ? "" : ", ") + plural(number, severity_name(severity));
  }
  if (sum.empty()) sum = "nothing wrong";
  sum += " in " + checked_text(checked);
  if (fixable > 0) sum += "; --fix corrects " + std::to_string(fixable);
  return text + sum + "\n";
}

std::string findings_json(std::span<const Finding> findings, const Checked& checked) {
  std::vector<Node> all;
  for (const Finding& finding : findings) all.push_back(json_of(finding));
  return document::to_indented_json(Node::object(
             {{"version", Node::number(1)},
              {"command", "check"},
              {"errors", Node::number(count(findings, Severity::kError))},
              {"warnings", Node::number(count(findings, Severity::kWarning))},
              {"notes", Node::number(count(findings, Severity::kNote))},
              {"checked", Node::object({{"contexts", Node::number(checked.contexts)},
                                        {"components", Node::number(checked.components)},
                                        {"env_files", Node::number(checked.env_files)},
                                        {"sources", Node::number(checked.sources)},
                                        {"manifests", Node::number(checked.manifests)}})},
              {"findings", Node::list(std::move(all))}})) +
         "\n";
}

}  // namespace ofn::check
