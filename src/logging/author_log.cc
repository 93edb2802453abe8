#include "logging/author_log.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_fields.h"
#include "base/utf8.h"
#include "logging/this_call.h"
#include "os/end_forked_child.h"

namespace ofn {

namespace {

// Container runtimes split longer lines.
constexpr std::size_t kLongestText = std::size_t{16} * 1024;
constexpr std::string_view kCut = "… (cut)";

std::string cut(std::string_view text) {
  return std::string(clipped(text, kLongestText - kCut.size())).append(kCut);
}

void write_line(Logger& log, const abi::LogLine& line) {
  CallFields own = fields_of_this_call();
  std::string location(line.file);
  location.append(":").append(std::to_string(line.line));
  own.add("location", location);
  std::vector<LogField> fields(line.fields, line.fields + line.count);
  std::vector<std::string> texts;
  texts.reserve(fields.size() + 1);  // so that no text moves
  for (LogField& field : fields) {
    if (field.value.is_text() && field.value.text().size() > kLongestText)
      field.value = std::string_view(texts.emplace_back(cut(field.value.text())));
  }
  std::string_view message = line.message;
  if (message.size() > kLongestText) message = texts.emplace_back(cut(message));
  if (os::is_forked_child()) return log.write_at_once(line.level, message, own.span(), fields);
  log.write(line.level, message, own.span(), fields);
}

void write(void* log, const abi::LogLine& line) noexcept {
  try {
    write_line(*static_cast<Logger*>(log), line);
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory; logging must not fail a call
  }
}

}  // namespace

AuthorLog::AuthorLog(Logger& log, Level least)
    : least_(least), host_{.least = &least_, .write = write, .host = &log} {}

}  // namespace ofn
