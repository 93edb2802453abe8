// The rows of the command table, one for each command. Each is in a source of its own, which has
// the command's flags and makes the command of them.
//
//   const std::string_view name = kBuildRow.name;
#pragma once

#include <string>

#include "cli/command_table.h"

namespace ofn::cli {

extern const CommandRow kServeRow;
extern const CommandRow kNewRow;
extern const CommandRow kDevRow;
extern const CommandRow kBuildRow;
extern const CommandRow kTestRow;
extern const CommandRow kRunTestsRow;
extern const CommandRow kRunCasesRow;
extern const CommandRow kImageRow;
extern const CommandRow kSidecarRow;
extern const CommandRow kManifestRow;
extern const CommandRow kManifestCheckRow;
extern const CommandRow kDocsRow;
extern const CommandRow kCheckRow;
extern const CommandRow kDoctorRow;
extern const CommandRow kInvokeRow;
extern const CommandRow kRequestsRow;
extern const CommandRow kReplayRow;
extern const CommandRow kWaitRow;
extern const CommandRow kLogsRow;
extern const CommandRow kMcpRow;
extern const CommandRow kCompletionRow;
extern const CommandRow kCompleteRow;
extern const CommandRow kWriteFilesRow;

// Which rows of the flag table several commands take.
inline bool every_setting(const FlagSpec&) { return true; }
inline bool env_file_only(const FlagSpec& spec) { return spec.flag == Flag::kEnvFile; }
// What the build of a function reads.
inline bool settings_of_builds(const FlagSpec& spec) {
  return spec.group == FlagGroup::kFunction || spec.flag == Flag::kEnvFile;
}

// FlagRow::problem of a value that must not be empty.
inline std::string is_not_empty(const std::string& text) {
  return text.empty() ? "must not be empty" : "";
}

}  // namespace ofn::cli
