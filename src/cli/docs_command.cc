#include "cli/docs_command.h"

#include <algorithm>
#include <unistd.h>
#include <utility>
#include <vector>

#include "cli/command_table.h"
#include "cli/json_result.h"
#include "cli/streams.h"
#include "dev/styled_text.h"
#include "embedded/pages.h"

namespace ofn::cli {

namespace {

using document::Node;
using embedded::Page;

bool has_colours(const Environment& env) {
  const auto to = ::isatty(STDOUT_FILENO) == 1 ? dev::WritesTo::kTerminal : dev::WritesTo::kOther;
  return dev::look_for(to, [&](const char* name) { return non_empty(env, name).value_or(""); })
      .colours;
}

int list_topics(const std::vector<Page>& pages, bool json) {
  std::string text;
  std::vector<Node> rows;
  for (const Page& page : pages) {
    std::string topic = page.topic;
    topic.resize(std::max<std::size_t>(topic.size() + 1, 24), ' ');
    text += topic + page.summary + "\n";
    rows.push_back(Node::object({{"topic", page.topic}, {"summary", page.summary}}));
  }
  if (json) return print_result("docs", {{"topics", Node::list(std::move(rows))}});
  return print(text);
}

int list_lines(const std::vector<Page>& pages, const DocsCommand& command) {
  const auto found = embedded::find_in(pages, command.expression);
  if (!found) {
    return complain("--grep: " + found.error().message() + ", found \"" + command.expression + "\"",
                    kExitUsage);
  }
  std::string text;
  std::vector<Node> rows;
  for (const embedded::FoundLine& line : *found) {
    text += line.topic + ":" + std::to_string(line.line) + ": " + line.text + "\n";
    rows.push_back(Node::object(
        {{"topic", line.topic}, {"line", Node::number(line.line)}, {"text", line.text}}));
  }
  if (command.json) return print_result("docs", {{"lines", Node::list(std::move(rows))}});
  if (found->empty()) return complain("no line has \"" + command.expression + "\"", kExitFailure);
  return print(text);
}

}  // namespace

std::string llms_text() {
  std::string text =
      "# functions-framework\n\n> The OpenFunction Functions Framework for C++ " OFN_VERSION
      ": serves functions in C++20 over HTTP and CloudEvents.\n\n"
      "Each page is printed by `ff docs TOPIC`; `ff docs --grep RE` finds lines.\n\n## Docs\n\n";
  for (const Page& page : embedded::pages())
    text += "- [" + page.topic + "](docs/" + page.topic + ".md): " + page.summary + "\n";
  text += "\n## Commands\n\n";
  for (const CommandRow* row : command_table()) {
    if (row->is_hidden) continue;
    text += "- `ff" + (row->name.empty() ? "" : " " + std::string(row->name)) +
            "`: " + std::string(row->summary) + "\n";
  }
  return text;
}

int show_documents(const DocsCommand& command, const Environment& env) {
  const std::vector<Page> pages = embedded::pages();
  if (!command.expression.empty()) return list_lines(pages, command);
  if (command.topic.empty()) return list_topics(pages, command.json);
  std::string summary = "topics and commands, for programs that read documents";
  std::string text;
  if (command.topic == kLlmsTopic) {
    text = llms_text();
  } else {
    const auto page = std::ranges::find(pages, command.topic, &Page::topic);
    summary = page->summary;  // the parser knows the topics
    text = page->text;
  }
  if (command.json) {
    return print_result("docs", {{"topic", command.topic}, {"summary", summary}, {"text", text}});
  }
  if (::isatty(STDOUT_FILENO) != 1) return print(text);
  return print(embedded::for_terminal(text, has_colours(env)));
}

}  // namespace ofn::cli
