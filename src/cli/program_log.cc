#include "cli/program_log.h"

#include <fcntl.h>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "base/log_text.h"

namespace ofn::cli {

namespace {

// Returns true if DEBUG is a log filter that enables the program's details, such as
// "common:*,ofn:*" in existing manifests.
bool filter_names_us(std::string_view filter) {
  while (!filter.empty()) {
    const auto comma = filter.find(',');
    const std::string_view pattern = filter.substr(0, comma);
    if (pattern == "*" || pattern.starts_with("ofn")) return true;
    filter = comma == std::string_view::npos ? std::string_view() : filter.substr(comma + 1);
  }
  return false;
}

Level least_of(const Settings& settings) {
  const bool details = settings.debug || filter_names_us(settings.log_filter);
  return settings.log_level.value_or(details ? Level::kDebug : Level::kInfo);
}

}  // namespace

ProgramLog::ProgramLog(const Settings& settings, const std::optional<Supervised>& supervised)
    : project_(settings.cloud_project),
      service_(settings.service),
      version_(settings.revision),
      real_(settings.capture_output ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : -1),
      log_({.format = settings.log_format,
            .project = project_,
            .service = service_,
            .version = version_},
           supervised ? supervised->log_level() : least_of(settings), fd()),
      authors_(log_, least_of(settings)),
      configured_(least_of(settings)) {}

ProgramLog::Pointer ProgramLog::make(const Settings& settings,
                                     const std::optional<Supervised>& supervised) {
  return Pointer(new ProgramLog(settings, supervised));
}

void ProgramLog::End::operator()(ProgramLog* log) const {
  log->finish();
  if (!log->is_lent_) delete log;
}

const abi::Host& ProgramLog::host() {
  is_lent_ = true;
  return host_;
}

void ProgramLog::finish() {
  if (captured_ != nullptr) captured_->stop();
  log_.finish();
}

Result<void> ProgramLog::capture_output() {
  auto captured = CapturedOutput::start(log_);
  if (!captured) return std::unexpected(std::move(captured).error());
  captured_ = *std::move(captured);
  return {};
}

bool ProgramLog::is_behind() const {
  if (captured_ != nullptr && !has_hurried_.exchange(true)) captured_->hurry();
  return (captured_ != nullptr && captured_->is_behind()) || log_.is_behind();
}

void ProgramLog::toggle_debug() {
  const Level without = configured_ == Level::kDebug ? Level::kInfo : configured_;
  const Level least = log_.least() == Level::kDebug ? without : Level::kDebug;
  log_.set_least(least);
  authors_.set_least(least);
  log_.write(Level::kInfo, "the level of the log was changed",
             {{"least", log_text::word_of(least)}});
}

}  // namespace ofn::cli
