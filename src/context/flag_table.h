// Every flag of the server as data: the command line is parsed, --help is printed, the
// documentation is written and the settings are resolved from this one table.
//
//   for (const FlagSpec& spec : flag_table()) app.add_option("--" + std::string(spec.name), …);
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
  kHost,
  kPort,
  kListenFd,
  kReadyFd,
  kConcurrency,
  kQueue,
  kThreads,
  kTimeout,
  kDrainTimeout,
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
  kLocalSidecar,
  kComponents,
  kDebug,
  kDryRun,
  kPrintSchema,
};
inline constexpr std::size_t kFlagCount = static_cast<std::size_t>(Flag::kPrintSchema) + 1;

// The headings of --help, in their order.
enum class FlagGroup { kFunction, kServer, kLimits, kOutputs, kModes };
std::string_view flag_group_title(FlagGroup group) noexcept;  // "Function", "Server", …

struct FlagSpec {
  Flag flag;
  FlagGroup group;
  std::string_view name;      // kebab case, without the dashes: "max-body-size"
  std::string_view variable;  // "OFN_MAX_BODY_SIZE"
  std::string_view alias;     // a variable read when `variable` is not set; may be empty
  std::string_view value;     // what --help shows for the value: "SIZE"; empty for a switch
  // In the flag's own notation, as if the user had given it; empty where `help` says what is done.
  std::string_view default_text;
  std::string_view help;  // one sentence without a period

  bool is_switch() const { return value.empty(); }
};

// All flags, in the order of Flag; groups are contiguous.
std::span<const FlagSpec> flag_table() noexcept;
const FlagSpec& flag_spec(Flag flag) noexcept;

// The texts of the command line by flag, not yet checked. A switch that was given without a value
// is "true".
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

// A variable that is no flag's (and no alias): read from the platform or from Dapr. For --help and the
// documentation.
struct VariableSpec {
  std::string_view name;
  std::string_view help;
};
std::span<const VariableSpec> variable_table() noexcept;

}  // namespace ofn
