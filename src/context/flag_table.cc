#include "context/flag_table.h"

namespace ofn {
namespace {

constexpr auto kFunction = FlagGroup::kFunction;
constexpr auto kFiles = FlagGroup::kFiles;
constexpr auto kServer = FlagGroup::kServer;
constexpr auto kLimits = FlagGroup::kLimits;
constexpr auto kOutputs = FlagGroup::kOutputs;
constexpr auto kLog = FlagGroup::kLog;
constexpr auto kModes = FlagGroup::kModes;

consteval FlagSpec of_kind(FlagSpec row, ValueKind kind, std::string_view words = {}) {
  row.kind = kind;
  row.words = words;
  return row;
}

// The names and variables of the first rows are those of the family; the platform's builder sets
// FUNC_…. The other rows are this framework's own.
// Reasons for limits: 10 MiB is the limit of the Python framework, from which the family comes. 300
// s is Knative's default revision timeout. 64 KiB and 100 fields are usual limits for a head. 30 s
// is Kubernetes' default grace period. 75 s is longer than common proxies keep an idle connection
// (60 s): then the proxy closes it first, and never sends a request into a closed connection.
// A pod gets SIGTERM when Kubernetes begins to tell proxies that the pod ends; 5 s are usually enough
// for all of them to learn it. Knative's proxy drains before it lets the program get SIGTERM.
constexpr std::array<FlagSpec, kFlagCount> kTable = {{
    of_kind({Flag::kTarget, kFunction, "target", "FUNCTION_TARGET", "FUNC_NAME", "NAME", "function",
             "Name of the function, with its namespaces (app::hello); without it all registered "
             "functions, or the only one that can be served"},
            ValueKind::kTarget),
    of_kind({Flag::kSource, kFunction, "source", "FUNCTION_SOURCE", "FUNC_SRC", "PATH", "./main.cc",
             "A .cc or .cpp file, a built .so, or a directory (a CMake project or plain sources)"},
            ValueKind::kSource),
    of_kind({Flag::kSignatureType, kFunction, "signature-type", "FUNCTION_SIGNATURE_TYPE",
             "FUNC_TYPE", "TYPE", "",
             "http, cloudevent, event, openfunction or typed; the function's C++ type decides"},
            ValueKind::kWord, "http|cloudevent|event|openfunction|typed"),
    {Flag::kCxxflags, kFunction, "cxxflags", "OFN_CXXFLAGS", "", "FLAGS", "",
     "Extra flags for the compiler and the linker, if the function is given as source"},
    of_kind({Flag::kPlugin, kFunction, "plugin", "OFN_PLUGIN", "", "FILES", "",
             "Built .so files with more hooks, separated by commas"},
            ValueKind::kFile, ".so"),
    {Flag::kOptionalHooks, kFunction, "optional-hooks", "OFN_OPTIONAL_HOOKS", "", "NAMES", "",
     "Hooks of the context that may be missing, separated by commas; * means all. Any other "
     "missing hook is an error"},
    of_kind({Flag::kContext, kFiles, "context", "OFN_CONTEXT_FILE", "", "FILE", "",
             "The function's context as a JSON or YAML file, instead of FUNC_CONTEXT and "
             "FUNC_CONTEXT_V1BETA2"},
            ValueKind::kFile, ".json|.yaml|.yml"),
    of_kind({Flag::kEnvFile, kFiles, "env-file", "OFN_ENV_FILE", "", "FILES", "",
             "Files with a variable NAME=value in each line, separated by commas; may be repeated. "
             "A later file comes before an earlier one, and the environment before all files",
             FlagSpec::Repeated::kAll},
            ValueKind::kFile),
    of_kind({Flag::kHost, kServer, "host", "HOST", "", "ADDRESS", "0.0.0.0",
             "Address to listen on; :: also takes IPv4; 127.0.0.1 with --debug outside a pod"},
            ValueKind::kText, "127.0.0.1|0.0.0.0|::"),
    of_kind(
        {Flag::kPort, kServer, "port", "PORT", "", "PORT", "8080",
         "Port to listen on; 0 takes any free one. The context's port comes before the default"},
        ValueKind::kNumber),
    of_kind({Flag::kListenFd, kServer, "listen-fd", "OFN_LISTEN_FD", "", "N", "",
             "Descriptor of an inherited socket that listens, instead of --host and --port"},
            ValueKind::kNumber),
    of_kind({Flag::kReadyFd, kServer, "ready-fd", "OFN_READY_FD", "", "N", "",
             "Inherited descriptor that gets a line feed, and is closed, when requests are served"},
            ValueKind::kNumber),
    of_kind({Flag::kConcurrency, kServer, "concurrency", "OFN_CONCURRENCY", "", "N", "1024",
             "Calls that may run at once"},
            ValueKind::kNumber),
    of_kind({Flag::kQueue, kServer, "queue", "OFN_QUEUE", "", "N", "",
             "Calls that may wait for a slot; above it 503, or 429 for events; default as many as "
             "--concurrency"},
            ValueKind::kNumber),
    of_kind({Flag::kThreads, kServer, "threads", "OFN_THREADS", "", "N", "0",
             "Event loops; 0 takes one for each processor that the cgroup grants"},
            ValueKind::kNumber),
    {Flag::kTimeout, kServer, "timeout", "OFN_TIMEOUT", "CLOUD_RUN_TIMEOUT_SECONDS", "DURATION",
     "300s", "Time for one call with its outputs; then 504"},
    {Flag::kStartTimeout, kServer, "start-timeout", "OFN_START_TIMEOUT", "", "DURATION", "60s",
     "Time that the start functions may take together, before the port opens; then exit code 3"},
    {Flag::kDrainDelay, kServer, "drain-delay", "OFN_DRAIN_DELAY", "", "DURATION", "",
     "Time that a stopping server still serves new requests, while it is not ready any more; "
     "default 0, in a pod that is not Knative's 5s"},
    {Flag::kDrainTimeout, kServer, "drain-timeout", "OFN_DRAIN_TIMEOUT", "", "DURATION", "30s",
     "Time that a stopping server then gives to running calls and their outputs"},
    of_kind({Flag::kMetrics, kServer, "metrics", "OFN_METRICS", "", "PLACE", "off",
             "Where metrics for Prometheus are shown: off; PORT or HOST:PORT, a second port with "
             "the path /metrics; same, the function's own port. The host's default is 127.0.0.1, "
             "in a pod 0.0.0.0"},
            ValueKind::kText, "off|same"),
    {Flag::kOpenapi, kServer, "openapi", "OFN_OPENAPI", "", "PATH", "",
     "Path at which every client can read the OpenAPI document of the routes, such as "
     "/openapi.json; default none"},
    of_kind({Flag::kMaxConnections, kLimits, "max-connections", "OFN_MAX_CONNECTIONS", "", "N", "0",
             "Open connections; further ones wait. 0 takes the limit of open files minus 64"},
            ValueKind::kNumber),
    {Flag::kMaxBodySize, kLimits, "max-body-size", "OFN_MAX_BODY_SIZE", "", "SIZE", "10MiB",
     "Largest request body; above it 413"},
    {Flag::kMaxBodyMemory, kLimits, "max-body-memory", "OFN_MAX_BODY_MEMORY", "", "SIZE", "",
     "Memory for everything that clients make the program keep: heads, bodies, unread answers. "
     "When it is short, slow clients are disconnected first, then requests get 503; default a "
     "quarter of the memory that the process may use"},
    {Flag::kMaxHeaderBytes, kLimits, "max-header-bytes", "OFN_MAX_HEADER_BYTES", "", "SIZE",
     "64KiB", "Largest request head; above it 431"},
    of_kind({Flag::kMaxHeaderFields, kLimits, "max-header-fields", "OFN_MAX_HEADER_FIELDS", "", "N",
             "100", "Header fields of a request; above it 431"},
            ValueKind::kNumber),
    {Flag::kHeadTimeout, kLimits, "head-timeout", "OFN_HEAD_TIMEOUT", "", "DURATION", "10s",
     "Time to receive a request's head, from its first byte; then 408"},
    {Flag::kBodyTimeout, kLimits, "body-timeout", "OFN_BODY_TIMEOUT", "", "DURATION", "10s",
     "Longest pause within a request's body; then 408"},
    {Flag::kIdleTimeout, kLimits, "idle-timeout", "OFN_IDLE_TIMEOUT", "", "DURATION", "75s",
     "Time that a connection may stay idle between requests; then it is closed"},
    {Flag::kSlowReaderTimeout, kLimits, "slow-reader-timeout", "OFN_SLOW_READER_TIMEOUT", "",
     "DURATION", "30s",
     "Time that a client may read nothing of an answer; then it is disconnected"},
    {Flag::kSidecarTimeout, kOutputs, "sidecar-timeout", "OFN_SIDECAR_TIMEOUT", "", "DURATION",
     "5s", "Time that outputs wait for an unreachable sidecar; then 503"},
    of_kind({Flag::kRetryCodes, kOutputs, "retry-codes", "OFN_RETRY_CODES", "", "CODES", "",
             "gRPC codes on which an output is retried, such as UNAVAILABLE,ABORTED; by default "
             "only calls that never reached the sidecar"},
            ValueKind::kText, "UNAVAILABLE|ABORTED|DEADLINE_EXCEEDED|INTERNAL|UNKNOWN"),
    of_kind({Flag::kTraceFlush, kOutputs, "trace-flush", "OFN_TRACE_FLUSH", "", "WHEN", "batch",
             "When spans are sent: batch, or response:DURATION, before each answer, which waits "
             "for that time at most (1ms to 1s)"},
            ValueKind::kText, "batch"),
    of_kind(
        {Flag::kLocalSidecar, kOutputs, "local-sidecar", "OFN_LOCAL_SIDECAR", "", "MODE", "auto",
         "The program's own small sidecar: on, off, or auto (on outside a pod if no other sidecar "
         "is found)"},
        ValueKind::kWord, "auto|on|off"),
    of_kind({Flag::kComponents, kOutputs, "components", "OFN_COMPONENTS", "", "DIR", "./components",
             "Directory of Dapr component files for the local sidecar"},
            ValueKind::kFolder),
    of_kind(
        {Flag::kDaprInvocation, kOutputs, "dapr-invocation", "OFN_DAPR_INVOCATION", "", "MODE",
         "auto",
         "Requests that a Dapr sidecar brings over gRPC (service invocation, jobs): on, off, or "
         "auto (on if APP_API_TOKEN protects them, or if the port is only for this machine)"},
        ValueKind::kWord, "auto|on|off"),
    of_kind({Flag::kLogFormat, kLog, "log-format", "OFN_LOG_FORMAT", "", "FORMAT", "",
             "json, readable, ecs (Elastic Common Schema) or gcp (Google Cloud Logging); default "
             "json, readable with --debug"},
            ValueKind::kWord, "json|readable|ecs|gcp"),
    of_kind({Flag::kLogLevel, kLog, "log-level", "OFN_LOG_LEVEL",
             "OTEL_LOG_LEVEL, AWS_LAMBDA_LOG_LEVEL", "LEVEL", "",
             "The least serious lines that are kept: debug, info, warning or error; default info, "
             "debug with --debug. The signal SIGUSR1 turns debug on and off"},
            ValueKind::kWord, "debug|info|warning|error"),
    of_kind({Flag::kAccessLog, kLog, "access-log", "OFN_ACCESS_LOG", "", "MODE", "",
             "A line for each call: off, on, or errors (status 400 and above, and calls without an "
             "answer); default off, on with --debug"},
            ValueKind::kWord, "off|on|errors"),
    {Flag::kCaptureOutput, kLog, "capture-output", "OFN_CAPTURE_OUTPUT", "", "", "false",
     "Make each line that the function writes to standard output or standard error a line of the "
     "log"},
    {Flag::kDebug, kModes, "debug", "DEBUG", "", "", "false",
     "Readable log with details; answers contain the text of exceptions. A DEBUG that is not a "
     "boolean is a log filter"},
    {Flag::kDryRun, kModes, "dry-run", "DRY_RUN", "", "", "false",
     "Check everything that a start needs, print what would be served, and exit"},
    {Flag::kPrintOpenapi, kModes, "print-openapi", "OFN_PRINT_OPENAPI", "", "", "false",
     "Print the OpenAPI document of the routes, and exit"},
    {Flag::kPrintSchema, kModes, "print-schema", "OFN_PRINT_SCHEMA", "", "", "false",
     "Print the JSON Schema of the typed functions, and exit"},
}};

constexpr std::array<VariableSpec, 23> kVariables = {{
    {"FUNC_CONTEXT", "The function's context as JSON, as the platform writes it"},
    {"FUNC_CONTEXT_V1BETA2", "The context in the platform's newer schema; both are merged"},
    {"DAPR_GRPC_ENDPOINT", "The sidecar's address: host:port, http://host:port or unix:/path"},
    {"DAPR_HOST", "The sidecar's host, if no endpoint is given [default 127.0.0.1]"},
    {"DAPR_SIDECAR_IP", "Another name for DAPR_HOST, which comes first"},
    {"DAPR_GRPC_PORT", "The sidecar's gRPC port [default 50001]"},
    {"DAPR_API_TOKEN", "Token sent to the sidecar as dapr-api-token"},
    {"APP_API_TOKEN", "Token that the sidecar must send as dapr-api-token"},
    {"APP_PROTOCOL", "How the sidecar calls the function, grpc or http [default grpc]"},
    {"OFN_CXX",
     "Compiler for functions given as source [default the first of g++, c++, clang++ in PATH]"},
    {"OFN_INCLUDE_DIR",
     "Folder that has ofn/function.h [default ../include beside the program's folder]"},
    {"LISTEN_ADDRESS",
     "Host and port to listen on, such as [::]:8080, as Knative's func sets them; HOST and PORT "
     "come first"},
    {"LISTEN_FDS", "Set by systemd for a socket unit: the inherited socket is descriptor 3"},
    {"LISTEN_PID", "Set by systemd: the process that LISTEN_FDS is for"},
    {"NOTIFY_SOCKET", "Set by systemd: the socket that gets READY=1 and STOPPING=1"},
    {"OTEL_METRICS_EXPORTER", "prometheus turns the metrics on if --metrics is not given"},
    {"OTEL_EXPORTER_PROMETHEUS_HOST, OTEL_EXPORTER_PROMETHEUS_PORT",
     "Where they are then shown [default port 9464]"},
    {"POD_NAME", "Set by the platform in a pod"},
    {"POD_NAMESPACE", "Set by the platform in a pod"},
    {"KUBERNETES_SERVICE_HOST", "Set by Kubernetes in a pod"},
    {"K_SERVICE", "Set by Knative in a pod"},
    {"K_REVISION", "Set by Knative in a pod"},
    {"GOOGLE_CLOUD_PROJECT", "The project whose traces the lines of --log-format gcp name"},
}};

}  // namespace

std::string_view flag_group_title(FlagGroup group) noexcept {
  switch (group) {
    case FlagGroup::kFunction:
      return "Function";
    case FlagGroup::kFiles:
      return "Files";
    case FlagGroup::kServer:
      return "Server";
    case FlagGroup::kLimits:
      return "Limits";
    case FlagGroup::kOutputs:
      return "Outputs";
    case FlagGroup::kLog:
      return "Log";
    case FlagGroup::kModes:
      return "Modes";
  }
  return "";
}

std::span<const FlagSpec> flag_table() noexcept { return kTable; }
const FlagSpec& flag_spec(Flag flag) noexcept { return kTable[static_cast<std::size_t>(flag)]; }
std::span<const VariableSpec> variable_table() noexcept { return kVariables; }

}  // namespace ofn
