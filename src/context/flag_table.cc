#include "context/flag_table.h"

namespace ofn {
namespace {

constexpr auto kFunction = FlagGroup::kFunction;
constexpr auto kServer = FlagGroup::kServer;
constexpr auto kLimits = FlagGroup::kLimits;
constexpr auto kOutputs = FlagGroup::kOutputs;
constexpr auto kModes = FlagGroup::kModes;

// Names and variables of the first seven rows are the family's; FUNC_… are what the platform's
// builder sets. The others are ours. Limits: 10 MiB is the family's (the Python ancestor); 300 s is
// Knative's default revision timeout; 64 KiB and 100 fields are a common server's bounds for a
// head; 30 s is Kubernetes' default grace period; 75 s is longer than common proxies keep an idle
// connection (60 s), so that the proxy closes it and never sends into a closed one.
constexpr std::array<FlagSpec, kFlagCount> kTable = {{
    {Flag::kTarget, kFunction, "target", "FUNCTION_TARGET", "FUNC_NAME", "NAME", "function",
     "Name of the function, namespaces allowed (app::hello); with none given, all registered "
     "functions, "
     "where there are any"},
    {Flag::kSource, kFunction, "source", "FUNCTION_SOURCE", "FUNC_SRC", "PATH", "./main.cc",
     "A .cc or .cpp file, a built .so, or a directory (with a CMakeLists.txt, or plain sources)"},
    {Flag::kSignatureType, kFunction, "signature-type", "FUNCTION_SIGNATURE_TYPE", "FUNC_TYPE",
     "TYPE", "",
     "http, cloudevent, event, openfunction or typed; deduced from the function's C++ type, which "
     "wins"},
    {Flag::kCxxflags, kFunction, "cxxflags", "OFN_CXXFLAGS", "", "FLAGS", "",
     "Extra compiler flags for a function that is given as source"},
    {Flag::kPlugin, kFunction, "plugin", "OFN_PLUGIN", "", "FILES", "",
     "Built .so files with hooks, separated by commas, beside those of the function's program"},
    {Flag::kOptionalHooks, kFunction, "optional-hooks", "OFN_OPTIONAL_HOOKS", "", "NAMES", "",
     "Hooks of the context that may be absent, separated by commas; * is all; another that no "
     "program registers ends the start"},
    {Flag::kHost, kServer, "host", "HOST", "", "ADDRESS", "0.0.0.0",
     "Address to listen on; :: is dual-stack; 127.0.0.1 in debug outside a pod"},
    {Flag::kPort, kServer, "port", "PORT", "", "PORT", "8080",
     "Port to listen on, 0 for any free one; the context's port comes before the default"},
    {Flag::kConcurrency, kServer, "concurrency", "OFN_CONCURRENCY", "", "N", "1024",
     "How many invocations run at a time"},
    {Flag::kQueue, kServer, "queue", "OFN_QUEUE", "", "N", "",
     "How many more may wait before callers get 503 (or 429); as many as --concurrency"},
    {Flag::kThreads, kServer, "threads", "OFN_THREADS", "", "N", "0",
     "Event loops; 0 takes the processors that the cgroup grants"},
    {Flag::kTimeout, kServer, "timeout", "OFN_TIMEOUT", "CLOUD_RUN_TIMEOUT_SECONDS", "DURATION",
     "300s", "Deadline of one invocation with its outputs; then 504"},
    {Flag::kDrainTimeout, kServer, "drain-timeout", "OFN_DRAIN_TIMEOUT", "", "DURATION", "30s",
     "How long a stopping server lets invocations and their outputs finish"},
    {Flag::kMaxConnections, kLimits, "max-connections", "OFN_MAX_CONNECTIONS", "", "N", "0",
     "Most connections at a time, more wait; 0 takes the limit of open files, less 64"},
    {Flag::kMaxBodySize, kLimits, "max-body-size", "OFN_MAX_BODY_SIZE", "", "SIZE", "10MiB",
     "Largest request body; beyond it 413"},
    {Flag::kMaxBodyMemory, kLimits, "max-body-memory", "OFN_MAX_BODY_MEMORY", "", "SIZE", "",
     "Memory that peers make the program keep, together: heads, bodies, answers not yet read; "
     "slow peers lose theirs first, then 503; a quarter of the memory that the process may use"},
    {Flag::kMaxHeaderBytes, kLimits, "max-header-bytes", "OFN_MAX_HEADER_BYTES", "", "SIZE",
     "64KiB", "Largest request head; beyond it 431"},
    {Flag::kMaxHeaderFields, kLimits, "max-header-fields", "OFN_MAX_HEADER_FIELDS", "", "N", "100",
     "Most header fields of a request; beyond it 431"},
    {Flag::kHeadTimeout, kLimits, "head-timeout", "OFN_HEAD_TIMEOUT", "", "DURATION", "10s",
     "Time to receive a request's head, from its first byte"},
    {Flag::kBodyTimeout, kLimits, "body-timeout", "OFN_BODY_TIMEOUT", "", "DURATION", "10s",
     "Longest pause within a request's body"},
    {Flag::kIdleTimeout, kLimits, "idle-timeout", "OFN_IDLE_TIMEOUT", "", "DURATION", "75s",
     "How long a connection may stay idle between requests"},
    {Flag::kSlowReaderTimeout, kLimits, "slow-reader-timeout", "OFN_SLOW_READER_TIMEOUT", "",
     "DURATION", "30s", "How long a peer may read nothing of a response"},
    {Flag::kSidecarTimeout, kOutputs, "sidecar-timeout", "OFN_SIDECAR_TIMEOUT", "", "DURATION",
     "5s", "How long outputs wait for a sidecar that cannot be reached; then 503"},
    {Flag::kRetryCodes, kOutputs, "retry-codes", "OFN_RETRY_CODES", "", "CODES", "",
     "gRPC codes to retry an output on, such as UNAVAILABLE,ABORTED; none: only what never reached "
     "a handler"},
    {Flag::kLocalSidecar, kOutputs, "local-sidecar", "OFN_LOCAL_SIDECAR", "", "MODE", "auto",
     "The embedded sidecar: on, off, or auto (outside a pod, with no other sidecar in sight)"},
    {Flag::kComponents, kOutputs, "components", "OFN_COMPONENTS", "", "DIR", "./components",
     "Dapr component files of the embedded sidecar"},
    {Flag::kDebug, kModes, "debug", "DEBUG", "", "", "false",
     "Readable logs, and exceptions' texts in responses; a DEBUG that is no boolean is a log "
     "filter"},
    {Flag::kDryRun, kModes, "dry-run", "DRY_RUN", "", "", "false",
     "Load everything, say what would be served, and exit"},
    {Flag::kPrintSchema, kModes, "print-schema", "OFN_PRINT_SCHEMA", "", "", "false",
     "Print the JSON Schema of the typed functions, and exit"},
}};

constexpr std::array<VariableSpec, 15> kVariables = {{
    {"FUNC_CONTEXT", "The function's context, JSON, as the platform writes it"},
    {"FUNC_CONTEXT_V1BETA2", "The same in the platform's newer schema; both are merged"},
    {"DAPR_GRPC_ENDPOINT", "The sidecar: host:port, http://host:port or unix:/path"},
    {"DAPR_HOST", "The sidecar's host, where no endpoint is given; 127.0.0.1"},
    {"DAPR_SIDECAR_IP", "The same as DAPR_HOST, which comes first"},
    {"DAPR_GRPC_PORT", "The sidecar's gRPC port; 50001"},
    {"DAPR_API_TOKEN", "Sent to the sidecar as dapr-api-token"},
    {"APP_API_TOKEN", "Expected from the sidecar as dapr-api-token"},
    {"APP_PROTOCOL", "How the sidecar calls the function: grpc (default) or http"},
    {"OFN_CXX", "The compiler for functions given as source; g++, c++ or clang++ in PATH"},
    {"OFN_INCLUDE_DIR", "Where <ofn/function.h> is; ../include beside the program"},
    {"POD_NAME", "Set in a pod by the platform"},
    {"POD_NAMESPACE", "Set in a pod by the platform"},
    {"KUBERNETES_SERVICE_HOST", "Set in a pod by Kubernetes"},
    {"K_SERVICE", "Set in a pod by Knative"},
}};

}  // namespace

std::string_view flag_group_title(FlagGroup group) noexcept {
  switch (group) {
    case FlagGroup::kFunction:
      return "Function";
    case FlagGroup::kServer:
      return "Server";
    case FlagGroup::kLimits:
      return "Limits";
    case FlagGroup::kOutputs:
      return "Outputs";
    case FlagGroup::kModes:
      return "Modes";
  }
  return "";
}

std::span<const FlagSpec> flag_table() noexcept { return kTable; }
const FlagSpec& flag_spec(Flag flag) noexcept { return kTable[static_cast<std::size_t>(flag)]; }
std::span<const VariableSpec> variable_table() noexcept { return kVariables; }

}  // namespace ofn
