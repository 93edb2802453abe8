// All flags of the server as data. This one table is the source for parsing the command line, for
// --help, for the documentation and for the settings.
//
//   for (const FlagSpec& spec : flag_table()) add_option("--" + std::string(spec.name));
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ofn {

// In the order of the table.
enum class Flag : std::size_t {
  kTarget,
  kSource,
  kSignatureType,
  kCxxflags,
  kPlugin,
  kOptionalHooks,
  kContext,
  kEnvFile,
  kHost,
  kPort,
  kListenFd,
  kReadyFd,
  kConcurrency,
  kQueue,
  kThreads,
  kTimeout,
  kStartTimeout,
  kDrainDelay,
  kDrainTimeout,
  kMetrics,
  kOpenapi,
  kMaxConnections,
  kMaxBodySize,
  kMaxBodyMemory,
  kMaxHeaderBytes,
  kMaxHeaderFields,
  kHeadTimeout,
  kBodyTimeout,
  kIdleTimeout,
  kSlowReaderTimeout,
  kSidecarTimeout,
  kRetryCodes,
  kTraceFlush,
  kLocalSidecar,
  kComponents,
  kDaprInvocation,
  kLogFormat,
  kLogLevel,
  kAccessLog,
  kCaptureOutput,
  kDebug,
  kDryRun,
  kPrintOpenapi,
  kPrintSchema,
};
inline constexpr std::size_t kFlagCount = static_cast<std::size_t>(Flag::kPrintSchema) + 1;

// The headings of --help, in their order.
enum class FlagGroup { kFunction, kFiles, kServer, kLimits, kOutputs, kLog, kModes };
std::string_view flag_group_title(FlagGroup group) noexcept;  // "Function", "Server", …

// What a value is: how a shell completes it, and which words it may be.
enum class ValueKind {
  kText,
  kNumber,
  kWord,      // one of some words
  kFile,      // a file; the words are the endings of its name
  kFolder,    // a folder
  kSource,    // a function's source: a file or a folder
  kTarget,    // the name of a function in the source
  kInstance,  // a program of the developer's loop that runs now
};

struct FlagSpec {
  Flag flag;
  FlagGroup group;
  std::string_view name;      // kebab case, without the dashes: "max-body-size"
  std::string_view variable;  // "OFN_MAX_BODY_SIZE"
  // Variables that are read if `variable` is not set, with ", " between them; may be empty.
  std::string_view alias;
  std::string_view value;  // the value's name in --help: "SIZE"; empty for a switch
  // The default in the flag's own notation, as a user would write it; empty if `help` describes the
  // default.
  std::string_view default_text;
  std::string_view help;  // one sentence without a period
  // If the flag is given twice, the last text counts (kLast), or both with a comma between (kAll).
  enum class Repeated { kLast, kAll } repeated = Repeated::kLast;
  ValueKind kind = ValueKind::kText;
  // The words of a kWord, or the endings of a kFile, with "|" between them; for other kinds words
  // that a value may also be.
  std::string_view words = {};

  bool is_switch() const { return value.empty(); }
};

// All flags, in the order of Flag; groups are contiguous.
std::span<const FlagSpec> flag_table() noexcept;
const FlagSpec& flag_spec(Flag flag) noexcept;

// The texts of the command line for each flag, not yet checked. A switch without a value has the
// text "true".
class Flags {
 public:
  std::optional<std::string>& operator[](Flag flag) {
    return given_[static_cast<std::size_t>(flag)];
  }
  const std::optional<std::string>& operator[](Flag flag) const {
    return given_[static_cast<std::size_t>(flag)];
  }

 private:
  std::array<std::optional<std::string>, kFlagCount> given_;
};

// A variable that belongs to no flag and is no alias; the platform or Dapr sets it. For --help and
// the documentation.
struct VariableSpec {
  std::string_view name;
  std::string_view help;
};
std::span<const VariableSpec> variable_table() noexcept;

}  // namespace ofn
