#include "cli/command_texts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/exit_codes.h"

namespace ofn::cli {

namespace {

constexpr std::size_t kHelpColumn = 34;
constexpr std::size_t kWidest = 110;  // longer lines are hard to read

// A flag, an argument or a command as the texts show it.
struct Entry {
  std::string name;   // "-o, --output"
  std::string value;  // "FILE"
  std::string help;
};
struct Section {
  std::string title;
  std::vector<Entry> entries;
};

Entry entry_of(const FlagRow& row) {
  Entry entry{.name = "--" + std::string(row.name),
              .value = std::string(row.value),
              .help = std::string(row.help)};
  if (row.letter != '\0') entry.name = std::string{'-', row.letter, ',', ' '} + entry.name;
  if (!row.bare.empty()) {
    entry.name += "[=" + entry.value + "]";
    entry.value.clear();
  }
  if (row.is_required) entry.help += " [needed]";
  return entry;
}

Entry entry_of(const FlagSpec& spec) {
  Entry entry{.name = "--" + std::string(spec.name),
              .value = std::string(spec.value),
              .help = std::string(spec.help)};
  entry.help += " [" + std::string(spec.variable);
  if (!spec.alias.empty()) entry.help += ", " + std::string(spec.alias);
  entry.help +=
      spec.default_text.empty() ? "]" : "; default " + std::string(spec.default_text) + "]";
  return entry;
}

std::vector<Entry>& section(std::vector<Section>& sections, std::string_view title) {
  const auto found = std::ranges::find(sections, title, &Section::title);
  if (found != sections.end()) return found->entries;
  return sections.emplace_back(std::string(title), std::vector<Entry>()).entries;
}

// All flags under their headings.
std::vector<Section> flags_of(const CommandRow& row) {
  std::vector<Section> sections;
  const std::string_view options = "Options";
  // The command's own headings come before those of the flag table.
  const auto is_own = [](std::string_view title) {
    return std::ranges::none_of(
        flag_table(), [&](const FlagSpec& spec) { return flag_group_title(spec.group) == title; });
  };
  for (const FlagRow& flag : row.flags) {
    if (!flag.group.empty() && is_own(flag.group)) section(sections, flag.group);
  }
  if (row.takes != nullptr) {
    for (const FlagSpec& spec : flag_table()) {
      if (row.takes(spec))
        section(sections, flag_group_title(spec.group)).push_back(entry_of(spec));
    }
  }
  for (const FlagRow& flag : row.flags)
    section(sections, flag.group.empty() ? options : flag.group).push_back(entry_of(flag));
  section(sections, options)
      .insert(section(sections, options).begin(), {"-h, --help", "", "Print this help"});
  const auto first = std::ranges::find(sections, options, &Section::title);
  std::rotate(sections.begin(), first, first + 1);
  return sections;
}

std::string argument_name(const FlagRow& row) {
  return std::string(row.name) + (row.is_repeated ? "…" : "");
}

}  // namespace

std::string usage_text(const CommandRow& row) {
  std::string text = full_name(row) + " [OPTIONS]";
  if (!commands_of(row.name).empty()) text += " [COMMAND]";
  for (const FlagRow& flag : row.flags) {
    if (flag.is_required) text += " --" + std::string(flag.name) + " " + std::string(flag.value);
  }
  for (const FlagRow& argument : row.arguments) {
    const std::string name = argument_name(argument);
    text += argument.is_required ? " " + name : " [" + name + "]";
  }
  return text;
}

namespace {

// Appends the words, of which no line is longer than `columns`, if they are not 0. The first line
// has `column` columns already; the others begin at `indent`.
void append_wrapped(std::string& text, std::string_view words, std::size_t column,
                    std::size_t indent, std::size_t columns) {
  bool is_first = true;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    if (!is_first && columns != 0 && column + 1 + word.size() > columns) {
      text += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!is_first) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
    is_first = false;
    words.remove_prefix(std::min(words.size(), word.size() + 1));
  }
  text += '\n';
}

void append_entry(std::string& text, const Entry& entry, std::size_t columns) {
  std::string head = "  " + entry.name + (entry.value.empty() ? "" : " " + entry.value);
  // A terminal too narrow for two columns has the help below the name.
  const std::size_t indent = columns != 0 && columns < 2 * kHelpColumn ? 6 : kHelpColumn;
  if (head.size() < indent) {
    head.resize(indent, ' ');
  } else if (columns == 0) {
    head += ' ';
  } else {
    head += "\n" + std::string(indent, ' ');
  }
  text += head;
  append_wrapped(text, entry.help, columns == 0 ? 0 : indent, indent, columns);
}

std::string_view description_of(const CommandRow& row) {
  return row.description.empty() ? row.summary : row.description;
}

std::vector<Entry> commands_for(const CommandRow& row) {
  std::vector<Entry> entries;
  for (const CommandRow* own : commands_of(row.name)) {
    if (!own->is_hidden)
      entries.push_back({std::string(last_word(own->name)), "", std::string(own->summary)});
  }
  return entries;
}

std::vector<Entry> arguments_of(const CommandRow& row) {
  std::vector<Entry> entries;
  for (const FlagRow& argument : row.arguments)
    entries.push_back({argument_name(argument), "", std::string(argument.help)});
  return entries;
}

std::string exit_codes_of(const CommandRow& row) {
  std::string text;
  for (const ExitCode& code : exit_codes()) {
    if (!has_exit_code(row.name, code)) continue;
    text += (text.empty() ? "" : ", ") + std::string(code.code) + " " + std::string(code.meaning);
  }
  return text;
}

// The text as roff shows it unchanged: no hyphen is replaced, and no line is a request.
std::string roff(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else if ((c == '.' || c == '\'') && (escaped.empty() || escaped.back() == '\n')) {
      escaped += std::string("\\&") + c;
    } else {
      escaped += c;
    }
  }
  for (std::size_t at = 0; (at = escaped.find("…", at)) != std::string::npos;)
    escaped.replace(at, std::string_view("…").size(), " ...");
  return escaped;
}

// Paragraphs as input of roff, which wants a line for each sentence, and short lines.
void append_prose(std::string& page, std::string_view prose) {
  while (!prose.empty()) {
    std::size_t end = prose.find_first_of(".?", 0);
    while (end != std::string_view::npos && end + 1 < prose.size() && prose[end + 1] != ' ')
      end = prose.find_first_of(".?", end + 1);
    const std::string_view sentence =
        prose.substr(0, end == std::string_view::npos ? end : end + 1);
    std::string lines;
    append_wrapped(lines, sentence, 0, 0, 68);
    page += roff(lines);
    prose.remove_prefix(sentence.size());
    while (prose.starts_with(' ')) prose.remove_prefix(1);
  }
}

void append_entries(std::string& page, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    page += ".TP\n\\fB" + roff(entry.name) + "\\fR";
    if (!entry.value.empty()) page += " \\fI" + roff(entry.value) + "\\fR";
    page += "\n";
    append_prose(page, entry.help);
  }
}

}  // namespace

std::string full_name(const CommandRow& row) {
  return "functions-framework" + (row.name.empty() ? "" : " " + std::string(row.name));
}

std::string help_text(const CommandRow& row, std::size_t columns) {
  if (columns != 0) columns = std::clamp<std::size_t>(columns, 20, kWidest);
  std::string text;
  append_wrapped(text, description_of(row), 0, 0, columns);
  text += "\nUsage: ";
  append_wrapped(text, usage_text(row), 7, 7, columns);
  if (row.name.empty()) text += "       ff is the same program\n";
  std::vector<Section> sections;
  sections.push_back({"Commands", commands_for(row)});
  sections.push_back({"Arguments", arguments_of(row)});
  for (Section& each : flags_of(row)) sections.push_back(std::move(each));
  for (const Section& each : sections) {
    if (each.entries.empty()) continue;
    text += "\n" + each.title + ":\n";
    for (const Entry& entry : each.entries) append_entry(text, entry, columns);
  }
  if (row.footer != nullptr) {
    text += "\n";
    std::string footer = row.footer();
    while (footer.ends_with('\n')) footer.pop_back();
    for (std::string_view rest = footer; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      // Rows of two columns stay as they are.
      append_wrapped(text, line, 0, line.starts_with(' ') ? 6 : 0, columns);
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
  }
  text += "\n";
  append_wrapped(text, "Exit codes: " + exit_codes_of(row), 0, 0, columns);
  return text;
}

std::string page_name(const CommandRow& row) {
  std::string name = full_name(row);
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string manual_page(const CommandRow& row, const Edition& edition) {
  std::string title = page_name(row);
  std::ranges::transform(title, title.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  std::string page = ".TH " + roff(title) + " 1 " + edition.date + " \"functions\\-framework " +
                     edition.version + "\" \"User Commands\"\n.SH NAME\n" + roff(page_name(row)) +
                     " \\-\n";
  std::string summary(row.summary);
  if (summary.front() >= 'A' && summary.front() <= 'Z')
    summary.front() = static_cast<char>(summary.front() + 32);
  append_prose(page, summary);
  page += ".SH SYNOPSIS\n.B " + roff(full_name(row)) + "\n";
  append_prose(page, usage_text(row).substr(full_name(row).size() + 1));
  page += ".SH DESCRIPTION\n";
  append_prose(page, description_of(row));
  if (const auto commands = commands_for(row); !commands.empty()) {
    page += ".SH COMMANDS\n";
    append_entries(page, commands);
  }
  if (const auto arguments = arguments_of(row); !arguments.empty()) {
    page += ".SH ARGUMENTS\n";
    append_entries(page, arguments);
  }
  page += ".SH OPTIONS\n";
  for (const Section& each : flags_of(row)) {
    if (each.entries.empty()) continue;
    if (each.title != "Options") page += ".SS " + roff(each.title) + "\n";
    append_entries(page, each.entries);
  }
  if (row.name.empty()) {
    std::vector<Entry> variables;
    for (const VariableSpec& each : variable_table())
      variables.push_back({std::string(each.name), "", std::string(each.help)});
    page += ".SH ENVIRONMENT\n";
    append_prose(page, "A flag has precedence over its variable.");
    append_entries(page, variables);
  }
  page += ".SH EXIT STATUS\n";
  std::vector<Entry> codes;
  for (const ExitCode& code : exit_codes()) {
    if (has_exit_code(row.name, code))
      codes.push_back({std::string(code.code), "", std::string(code.meaning)});
  }
  append_entries(page, codes);
  page += ".SH SEE ALSO\n";
  std::string others;
  for (const CommandRow* other : command_table()) {
    if (other->is_hidden || other == &row) continue;
    others +=
        (others.empty() ? "" : ",\n") + std::string(".BR ") + roff(page_name(*other)) + " (1)";
  }
  return page + others + "\n";
}

}  // namespace ofn::cli
