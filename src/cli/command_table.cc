#include "cli/command_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "cli/commands/rows.h"

namespace ofn::cli {

namespace {

// In the order of --help.
constexpr std::array kTable = {
    &kServeRow,      &kNewRow,      &kDevRow,        &kInvokeRow,   &kRequestsRow,      &kReplayRow,
    &kWaitRow,       &kLogsRow,     &kMcpRow,        &kTestRow,     &kCheckRow,         &kDoctorRow,
    &kBuildRow,      &kImageRow,    &kSidecarRow,    &kManifestRow, &kManifestCheckRow, &kDocsRow,
    &kCompletionRow, &kCompleteRow, &kWriteFilesRow, &kRunTestsRow, &kRunCasesRow,
};

}  // namespace

std::span<const CommandRow* const> command_table() noexcept { return kTable; }

const CommandRow* find_command(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kTable, name, &CommandRow::name);
  return found == kTable.end() ? nullptr : *found;
}

std::vector<const CommandRow*> commands_of(std::string_view name) {
  std::vector<const CommandRow*> rows;
  for (const CommandRow* row : kTable) {
    const std::size_t space = row->name.rfind(' ');
    const std::string_view parent =
        space == std::string_view::npos ? "" : row->name.substr(0, space);
    if (!row->name.empty() && parent == name) rows.push_back(row);
  }
  return rows;
}

std::string_view last_word(std::string_view name) noexcept {
  return name.substr(name.rfind(' ') + 1);
}

std::vector<std::string> words_of(std::string_view words) {
  std::vector<std::string> list;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find('|'));
    list.emplace_back(word);
    words.remove_prefix(std::min(words.size(), word.size() + 1));
  }
  return list;
}

std::vector<std::string> words_of(const FlagRow& row) {
  std::vector<std::string> words = words_of(row.words);
  if (row.more_words != nullptr) {
    for (std::string& word : row.more_words()) words.push_back(std::move(word));
  }
  return words;
}

std::string any_of(std::span<const std::string> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

void Given::check_known(std::string_view flag) const {
  OFN_CHECK(std::ranges::find(row_->flags, flag, &FlagRow::name) != row_->flags.end() ||
            std::ranges::find(row_->arguments, flag, &FlagRow::name) != row_->arguments.end());
}

void Given::add(std::string_view flag, std::string text) {
  check_known(flag);
  texts_[flag].push_back(std::move(text));
}

bool Given::has(std::string_view flag) const {
  check_known(flag);
  const auto found = texts_.find(flag);
  return found != texts_.end() && found->second.back() != "false";
}

std::string Given::text(std::string_view flag, std::string_view otherwise) const {
  check_known(flag);
  const auto found = texts_.find(flag);
  return found == texts_.end() ? std::string(otherwise) : found->second.back();
}

const std::vector<std::string>& Given::all(std::string_view flag) const {
  static const std::vector<std::string> none;
  check_known(flag);
  const auto found = texts_.find(flag);
  return found == texts_.end() ? none : found->second;
}

std::int64_t Given::number_or(std::string_view flag, std::int64_t otherwise) const {
  const std::string given = text(flag);
  std::from_chars(given.data(), given.data() + given.size(), otherwise);
  return otherwise;
}

std::string Given::first_given() const {
  for (const FlagRow& flag : row_->flags) {
    if (texts_.contains(flag.name)) return "--" + std::string(flag.name);
  }
  for (const FlagSpec& spec : flag_table()) {
    if (settings_[spec.flag]) return "--" + std::string(spec.name);
  }
  return "";
}

}  // namespace ofn::cli
