"""What the examples in comments of headers take for granted. An example is a function of a class; these are members of it."""

INCLUDES = ["<csignal>", "<dlfcn.h>", "<fcntl.h>", "<iostream>", "<unistd.h>", "<gmock/gmock.h>", '"localdapr/cron/cron_binding.h"']

# For each example.
ALWAYS = """
namespace ofn {
using namespace std::chrono_literals;
using ::testing::HasSubstr;
struct Anything {
  Anything() = default;
  template <class T> Anything(T&&) {}
};
struct Always {
  Loop& loop;
  Log& log;
  Clock& clock;
  Random& random;
  Environment env;
  Settings settings;
  FunctionContext context;
  CallEnvironment environment;
  wire::Limits limits;
  wire::Endpoint endpoint;
  SystemTime now;
  Deadline deadline;
  Function function;
  Request request;
  Response response;
  CloudEvent event;
  std::string name, text, id, body, token;
  std::string_view bytes;
  int fd;
  template <class... T> void say(const T&...);
  template <class... T> Anything complain(const T&...);
};
}
"""

# For each example of a header.
GIVEN = {
    "base/error.h": "using Port = std::uint16_t;",
    "base/call_fields.h": "CallIds ids;",
    "base/limited_log.h": "Log& all; std::string why;",
    "base/log_line.h": "std::int64_t unix_micros;",
    "base/log_text.h": "GrowingText out;",
    "base/request_id.h": "wire::Message message;",
    "base/secret.h": "std::string given; void refuse();",
    "base/span_context.h": "std::string_view value; SpanContext context_of_span; struct { std::vector<Field> headers; } request;",
    "base/utf8.h": "std::string value;",
    "base/while_alive.h": """
        struct List {};
        struct Channel { void list(std::move_only_function<void(Result<List>)>); };
        static Channel channel_;
        static void on_listed(Result<List>);""",
    "check/finding.h": "check::Text source;",
    "check/fix.h": "std::vector<check::Edit> edits;",
    "check/report.h": "std::vector<check::Finding> findings; check::Checked checked;",
    "cli/machine_facts.h": "Flags flags; dev::Look look;",
    "kit/client.h": "testing::Call call; std::shared_ptr<kit::Received> received; struct { void handle(wire::ExchangePtr); } requests;",
    "invocation/passed_fields.h": "HttpCall call{\"GET\", \"http://a/\"}; HttpPortOptions options;",
    "kit/messages.h": "void deliver(const dapr::TopicEvent&);",
    "kit/kept_state.h": "kit::NextFault next_fault;",
    "kit/kit_host.h": "abi::Program program;",
    "kit/local_server.h": "abi::Program program; testing::Options options; void fetch(const std::string&);",
    "kit/process.h": "kit::KeptLog log;",
    "kit/program_stage.h": "abi::Program program; testing::Options options;",
    "kit/served_program.h": "abi::Program linked; testing::Options options;",
    "loader/probe.h": "LoadRequest request; std::filesystem::path folder;",
    "cli/check_files.h": "CheckCommand command;",
    "cli/deep_check.h": "CheckFiles files; CheckCommand command; const abi::Program* linked;",
    "cli/replaced_file.h": "std::string before, after;",
    "cli/author_http.h": "DescriptorWaits& descriptors; wire::MemoryAccount& account;",
    "cli/build_stamp.h": "wire::Handler& front;",
    "cli/call_contents.h": "wire::Handler& front; CallRecord record;",
    "cli/call_reports.h": "dev::ControlChannel& channel; wire::Handler& front;",
    "cli/chosen_sidecar.h": "Callbacks callbacks; void connect_to(const wire::Endpoint&);",
    "cli/configuration.h": "Flags flags; void serve(const Settings&, const FunctionContext&);",
    "cli/counted_callbacks.h": "wire::Handler& app_server; wire::ExchangePtr exchange;",
    "cli/flushed_answers.h": "wire::Handler& front; Traces::OnLoop& part;",
    "cli/env_files.h": "Flags flags;",
    "cli/function_build.h": "BuildCommand command; Environment process;",
    "cli/loading.h": "LoadRequest request;",
    "cli/invocations.h": "Callbacks callbacks; void refuse(const std::string&);",
    "cli/long_calls.h": "os::CallsInFlight& calls; dev::ControlChannel& channel; void load();",
    "cli/measurement.h": "std::vector<Loop*> loops; Logger& logger;",
    "cli/precompiling.h": "Build build; LoadRequest request; RunningServer* server;",
    "cli/program_log.h": "std::optional<Supervised> supervised; abi::Program program;",
    "cli/running_server.h": """
        Routes routes; Hooks hooks; ErrorHandlers errors; Middleware middleware; Subscriptions subscriptions; os::CallsInFlight calls;
        os::ReadyNotice notice;""",
    "cli/sending.h": "wire::Endpoint endpoint; wire::MemoryAccount& account; HttpPort& http;",
    "cli/sidecar_check.h": "wire::Endpoint sidecar; std::string api_token; WantedOfSidecar wanted;",
    "cli/stopping.h": "Stoppable& server;",
    "cli/supervised.h": "Routes routes;",
    "cli/traces.h": """
        cli::TraceChoice choice; std::string resource; std::vector<Loop*> loops; dapr::DaprClient& client;
        HttpPort& http;""",
    "context/env_file.h": "std::vector<Note> notes;",
    "context/flag_table.h": "void add_option(const std::string&);",
    "context/function_context.h": "std::string data; Result<void> deliver(const Output&, std::string_view);",
    "context/metrics_choice.h": "void listen(const std::string&, std::uint16_t);",
    "context/settings.h": "Flags flags; std::vector<Note> notes; void listen(const std::string&, std::uint16_t);",
    "context/sidecar_address.h": "void connect(const wire::Endpoint&);",
    "context/sidecar_choice.h": "bool speaks_dapr(const SidecarAddress&);",
    "dapr/app_codec.h": "std::unique_ptr<wire::grpc::ServerCall> call;",
    "dapr/app_http.h": "dapr::AppApi& api; wire::ExchangePtr exchange;",
    "dapr/app_server.h": "dapr::AppApi& api; wire::ExchangePtr exchange; std::size_t limit;",
    "dapr/bulk_codec.h": "std::vector<PublishCall> calls; std::string_view reply;",
    "dapr/delivered_event.h": "wire::Message request;",
    "dapr/invocation.h": """
        std::unique_ptr<wire::grpc::ServerCall> call, job; wire::Handler& requests; dapr::InvocationLimits limits;""",
    "dapr/invoke_codec.h": "std::string_view asked;",
    "dapr/server.h": "dapr::DaprApi& sidecar;",
    "cli/dev_api.h": "dev::Ring& ring; DevApi::Options options; dev::Instance instance;",
    "cli/direct_calls.h": "DirectCalls::Parts& parts;",
    "cli/running_instance.h": "Anything complain(const std::string&, Exit);",
    "cli/hang_watch.h": "int run_tests_of_program();",
    "cli/test_runs.h": "std::filesystem::path program, work;",
    "cli/watched_runs.h": "int test_once(const WatchedRuns::Run&);",
    "cli/coverage.h": "LineReader reader; std::vector<std::string> notes;",
    "cli/cases.h": "CaseAnswer answer;",
    "cli/generated_cases.h": "document::Node openapi;",
    "cli/case_runs.h": "std::filesystem::path program, work; TestRunOptions options; std::vector<Case> cases;",
    "cli/remote_cases.h": "std::vector<Case> cases;",
    "dev/schema_values.h": "document::Node openapi, schema;",
    "dev/value_changes.h": "document::Node order;",
    "cli/sent_data.h": "Sidecar& client; dev::CallEnded call;",
    "cli/shown_call.h": "document::Node call;",
    "dev/api_answers.h": "wire::ExchangePtr exchange; document::Node node;",
    "dev/api_client.h": "Instance instance;",
    "dev/api_socket.h": "InstanceEntry& entry; wire::Handler& api;",
    "dev/call_filter.h": "CallEnded call;",
    "dev/event_nodes.h": "CallEnded call;",
    "dev/example_value.h": "document::Node schema;",
    "dev/instances.h": "std::function<std::optional<std::string>(std::string_view)> variable;",
    "dev/local_api.h": "Ring& ring; LogRing& lines; NewestCalls& calls; std::string path;",
    "dev/newest_calls.h": "std::function<int()> coming; std::function<Result<os::Descriptor>(CallMode)> connect;",
    "dev/output_match.h": "Sent sent;",
    "dev/burst.h": "Burst& burst; CallEnded call; SteadyTime now; void show(const CountedCalls&); void show(const CallEnded&);",
    "dev/changes.h": """
        Build built; std::vector<std::string> headers_that_it_looked_for; static bool is_source_file(std::string_view);
        void build(const std::vector<std::string>&); Listener& terminal;""",
    "dev/compiling.h": "LoadRequest request; std::filesystem::path folder;",
    "dev/invoke_again.h": """
        Ring ring; Listener& terminal; struct Builds { unsigned coming(); }; Builds supervisor;
        std::function<Result<std::vector<std::string>>(const CallEnded&, Replays::Done)> send;""",
    "dev/stand_in.h": "int socket; Worker& worker;",
    "dev/listeners.h": "Listener& terminal; Ring ring;",
    "dev/orders.h": "ControlChannel& channel; Passing connection; struct { void kill(const char*); } worker;",
    "dev/replay.h": "wire::Endpoint address; Ring ring;",
    "dev/ring.h": "CallEnded call;",
    "dev/styled_text.h": "Look look;",
    "dev/supervisor.h": "Supervisor::Options options; Listener& listener;",
    "dev/told_log.h": "Listener& listener; LoadRequest request; std::filesystem::path folder;",
    "dev/watched_folder.h": "static bool is_source_file(std::string_view);",
    "dev/worker.h": "os::Command command; Worker::Events events;",
    "document/json_scanner.h": "void say(std::size_t);",
    "document/reader.h": "std::vector<Problem> problems; std::vector<Note> notes; Node node;",
    "document/slices.h": "void use(std::string_view);",
    "document/tree_builder.h": "Anything too_deep();",
    "event/inner_event.h": """
        std::string payload, data, trace; void take(const std::string&, const std::vector<Header>&);""",
    "function/error_handlers.h": "std::vector<abi::Program> programs;",
    "function/guard.h": "abi::Call call; abi::Outcome outcome;",
    "function/registry.h": "abi::Program program;",
    "function/routes.h": "std::vector<Function> functions; void answer(int);",
    "image/base_libraries.h": """
        Result<std::vector<Library>> needed; BaseImage base; void copy(const std::filesystem::path&, const std::string&);""",
    "image/compressed.h": "Sink write, read_tar; std::string_view tar, bytes;",
    "image/folder_layer.h": "Sink write;",
    "image/layer.h": "void write(const std::string&);",
    "image/libraries.h": "void copy(const std::filesystem::path&, const std::string&);",
    "image/tar.h": "std::string text;",
    "invocation/call_spans.h": "os::CallMark& mark; CallRecord record;",
    "invocation/context_call.h": """
        CallLabel label; ContextHost& context_host; CallHosts hosts; ErrorAnswers& errors; abi::Call abi_call; RunResult ran; abi::ContextFacts facts;""",
    "invocation/http_port.h": "HttpPort& http; HttpCall call; HttpPortOptions options;",
    "invocation/observers.h": "Observer reports; Observer access_log;",
    "invocation/reading.h": """
        RequestReading reading; Arrival arrival; abi::Call call; RunResult ran; WorkResult result;
        Anything answer(const EarlyAnswer&); Anything crash(const Error&);""",
    "invocation/error_answers.h": "Arrival& arrival; StreamHost& stream; RunResult ran;",
    "invocation/run.h": "abi::Call call; CallHosts hosts;",
    "invocation/trace_context.h": """
        TraceContext trace; SpanContext made; std::string_view came; std::string_view header(std::string_view); void send(std::string_view);""",
    "invocation/work.h": """
        CallLabel label; ContextHost& context_host; CallHosts hosts; StopState stop; Request::Parts parts; void answer(const WorkResult&);""",
    "life/life_cycle.h": "std::vector<abi::Program> programs; std::stop_token stop;",
    "life/life_runner.h": "LifeCycle& life;",
    "life/readiness.h": "std::vector<LifeStep> steps; template <class... T> void answer(const T&...);",
    "loader/authors_functions.h": """
std::vector<Object> objects; Target target; Registry registry;""",
    "loader/cache.h": """
        std::string home, xdg, tmp, key; std::vector<std::string> dependencies;
        void compile_into(const std::filesystem::path&);""",
    "loader/compiler.h": """
        Compiler compiler; std::filesystem::path include_dir; Cache& cache; Limits limits; std::vector<Source> sources;
        Target target;""",
    "loader/diagnostics.h": "std::string output;",
    "loader/digest.h": "std::string source_text;",
    "loader/loader.h": "std::filesystem::path headers; void serve(std::span<const Function>);",
    "loader/looked_for.h": "std::set<std::string> inputs; std::vector<std::string> missing, read, flags;",
    "loader/process.h": "Limits limits;",
    "loader/unit.h": "void write(const std::string&);",
    "loader/workshop.h": "LoadRequest request; Target target; void look_at(const std::filesystem::path&);",
    "localdapr/app/app_delivery.h": "SidecarApi& sidecar; AppChannel& channel; InvokeOutput invoke_output; DeliveryRules rules;",
    "localdapr/app/envelope.h": """
        dapr::PublishRequest request; dapr::ApiCall call; std::string topic; dapr::Subscription subscription;""",
    "localdapr/component_properties.h": "Component component; const ComponentType* type;",
    "localdapr/cron/cron_schedule.h": "UtcOffset offset;",
    "localdapr/files/local_storage.h": "Component component;",
    "localdapr/http/http_binding.h": "Component component; MakeHttpClient make_client;",
    "localdapr/local_sidecar.h": "LocalSidecarOptions options;",
    "localdapr/mqtt/mosquitto_link.h": "MqttBroker broker; Executor run;",
    "localdapr/mqtt/mqtt_publisher.h": "MqttPublisher& publisher;",
    "localdapr/mqtt/mqtt_subscriber.h": "MqttSubscriber& subscriber;",
    "localdapr/sidecar_api.h": "LoaderOptions options; Executor run;",
    "localdapr/sqlite/sqlite_state.h": "Component component;",
    "localdapr/topic_scopes.h": "Component component;",
    "logging/author_log.h": "Logger& logger; abi::Host host;",
    "logging/captured_output.h": "Logger& logger;",
    "loop/loop_threads.h": "std::vector<Loop*> loops;",
    "loop/memory_return.h": "struct Server { std::size_t connections(); }; Workers& workers; Server server;",
    "loop/signals.h": "void drain();",
    "loop/system_call.h": "std::span<char> place;",
    "manifest/component.h": "std::vector<Problem> problems;",
    "manifest/context_json.h": "Description function;",
    "manifest/manifest.h": "Description function; void print(std::string_view);",
    "metrics/author_metrics.h": "std::vector<abi::Program> programs; Collector& collector;",
    "metrics/author_names.h": "abi::MetricRegistration registration; Definition definition;",
    "metrics/author_series.h": "const ValueBuckets& buckets; const std::string_view* values;",
    "metrics/buckets.h": "std::vector<int> counts, classic; std::uint64_t nanoseconds; std::size_t i;",
    "metrics/call_series.h": "CallKey key; std::uint64_t nanoseconds;",
    "metrics/call_totals.h": "std::vector<const LoopMetrics*> loops; SeriesLimit limit; Snapshot snapshot;",
    "metrics/histogram.h": "std::uint64_t nanoseconds;",
    "metrics/listener.h": "std::vector<Loop*> loops; Collector& collector;",
    "metrics/otlp_format.h": "Snapshot snapshot; SystemTime started; otlp::Exporter& exporter; std::string resource;",
    "metrics/push.h": "Collector& collector; std::unique_ptr<otlp::Exporter> exporter; std::string resource; SystemTime started;",
    "metrics/process_source.h": "Collector& collector;",
    "metrics/protobuf_format.h": "Snapshot snapshot;",
    "metrics/scrapes.h": "std::vector<Loop*> loops; Collector& collector; wire::ExchangePtr exchange;",
    "metrics/text_format.h": "Snapshot snapshot;",
    "metrics/value_buckets.h": "std::vector<double> bounds; std::vector<int> counts;",
    "os/author_frames.h": "Symbols symbols; Frames frames; FixedText text;",
    "os/calls_in_flight.h": "void function();",
    "os/descriptor.h": "const char* path; Anything failure(int);",
    "os/end_forked_child.h": "abi::Call call; abi::Outcome outcome;",
    "os/file_watch.h": "Build build;",
    "os/fixed_line.h": "std::array<char, 64> buffer; std::int64_t unix_micros; LogShape shape; void write(int, std::string_view);",
    "os/machine_for_test.h": "void read(const std::string& root);",
    "os/memory_reserve.h": "os::MemoryLimits limits; os::MappedMemory mapped; Anything refuse(int);",
    "os/module.h": "Anything unusable();",
    "os/process.h": "int listening;",
    "os/source_line.h": "FixedText text;",
    "os/watched_process.h": "CallsInFlight calls; void load();",
    "os/symbols.h": "Symbols symbols; std::uintptr_t address; FixedText text;",
    "otlp/attributes.h": "std::string bytes;",
    "otlp/blocking_call.h": "static Answer write_to_a_pipe();",
    "otlp/destination.h": "Destination& destination; std::string_view message;",
    "otlp/exporter.h": """
        std::unique_ptr<Destination> destination; RequestHead head; std::string_view spans; std::function<void()> stop;""",
    "otlp/grpc_destination.h": "wire::grpc::Connector connector; otlp::Settings settings;",
    "otlp/http_destination.h": "wire::grpc::Connector connector; otlp::Settings settings;",
    "otlp/http_message.h": "Target target; std::string_view request; void post(const std::vector<Header>&, const std::string&);",
    "otlp/json_text.h": "std::string_view request;",
    "otlp/curl_destination.h": "otlp::Settings settings;",
    "otlp/make_destination.h": "otlp::Settings settings;",
    "otlp/protobuf_writer.h": "std::string bytes;",
    "otlp/answers.h": "void done(const Answer&);",
    "otlp/request.h": "std::string resource;",
    "otlp/resource.h": "std::vector<Note> notes;",
    "otlp/settings.h": "std::vector<Note> notes; void connect_to(const otlp::Target&);",
    "output/outputs.h": "Sidecar& sidecar; OutputPolicy policy; Payload payload;",
    "output/policy.h": "OutputPolicy policy; unsigned retry; Deadline limit;",
    "middleware/compression.h": "Compression options;",
    "middleware/cors.h": "Cors options; std::string_view method; std::vector<Field> fields; Environment environment; int answer(Response);",
    "middleware/etag.h": "std::vector<Field> fields; std::string etag;",
    "gzip/gzip.h": "std::size_t limit; void send(const std::string&);",
    "middleware/middleware.h": "SteadyTime now; std::vector<abi::Program> programs; std::string_view method, path; std::vector<Field> fields; Environment environment; int answer(Response);",
    "middleware/token_list.h": "SteadyTime now; Environment environment; std::string_view given; bool fits;",
    "middleware/tokens.h": "SteadyTime now; Tokens options; std::string_view method, path; std::vector<Field> fields; Environment environment; int answer(Response);",
    "plugin/hooks.h": "CallIds ids;",
    "serving/admission.h": "Admission& admission; InlinePolicy policy; Invocation& invocation; Anything refuse(Invocation&);",
    "serving/async/async_service.h": """
        Subscriptions subscriptions; Gate& gate; Workers& workers; Duration timeout; std::size_t queue;""",
    "serving/front.h": "dapr::AppServer& app_server; HttpService::OnLoop& requests;",
    "serving/gate.h": "Gate& gate; Gate::Waiter& waiter;",
    "serving/http/http_service.h": "Routes routes; Gate& gate; Workers& workers; Duration timeout; std::size_t queue;",
    "serving/runner.h": "Runners& runners; Runner::Job& job;",
    "skywalking/author_spans.h": """
        SpanFields& fields; CallRecord record; SegmentWriter& out; OpenCall call; tracing::CallTimes times;""",
    "skywalking/oap_destination.h": "wire::grpc::Connector connector; skywalking::Settings settings;",
    "skywalking/open_calls.h": "skywalking::OpenCalls calls; SpanContext own; std::string traceparent;",
    "skywalking/segment.h": "std::string bytes, trace, segment;",
    "skywalking/segment_sidecar.h": """
        skywalking::SegmentRules& rules; skywalking::OpenCalls& calls; dapr::DaprClient& client;""",
    "skywalking/segment_tracer.h": """
        skywalking::Settings settings; otlp::TracesSettings traces; skywalking::OpenCalls calls; tracing::SpanBatch& batch;""",
    "skywalking/segments_for_test.h": "std::string collection;",
    "skywalking/settings.h": """
        std::string names; std::vector<Note> notes; void connect_to(const wire::Endpoint&, const std::string&);""",
    "skywalking/sw8.h": """
        std::string value, trace, segment; void continue_trace(const skywalking::Reference&); Anything send(Anything, Anything);""",
    "tracing/author_spans.h": "SpanFields& fields; CallRecord record; SpanOfCall call; TraceRules& rules; SpanBatch& batch;",
    "tracing/call_facts.h": "CallRecord record; tracing::SpanFields& span;",
    "tracing/fields.h": "CallStart start;",
    "tracing/propagation.h": """
        otlp::Settings settings; CallStart start; void continue_trace(const SpanContext&);""",
    "tracing/request_attributes.h": """
        tracing::TraceRules& rules; tracing::SpanBatch& batch; tracing::SpanHead head; CallRecord record; TraceContext::Span span;""",
    "tracing/sampler.h": "SpanContext* caller; TraceId trace_id; void record();",
    "tracing/section.h": "std::vector<Note> notes;",
    "tracing/span.h": "std::string bytes; SpanContext context; SystemTime began, ended;",
    "tracing/span_batch.h": """
        tracing::SpanExport& exporting; otlp::TracesSettings settings; std::vector<Loop*> loops; tracing::SpanHead head;""",
    "tracing/span_export.h": """
        std::unique_ptr<otlp::Destination> destination; otlp::Resource resource; std::string spans;""",
    "tracing/traced_http.h": "TraceRules rules; SpanBatch& batch; HttpPort& client;",
    "tracing/traced_sidecar.h": """
        tracing::TraceRules& rules; tracing::SpanBatch& batch; dapr::DaprClient& client;""",
    "tracing/tracer.h": "otlp::Settings settings; tracing::SpanBatch& batch;",
    "typed/json_table.h": "Function function; Request request; abi::Outcome outcome;",
    "typed/reader.h": "std::string_view text; abi::Type type; void* object; void say(std::string);",
    "wire/blocking/http_client.h": "HttpClient& client;",
    "wire/chars.h": "const char* name; const char* end;",
    "wire/curl/call.h": "Library curl; Handle* handle; blocking::HttpClientOptions options; blocking::HttpCall http_call; Duration left;",
    "wire/curl/multi_client.h": "Library* library; DescriptorWaits& descriptors; blocking::HttpCall call;",
    "wire/exchange_for_test.h": "Handler& handler;",
    "wire/grpc/channel.h": "void use(std::string_view); void call_again();",
    "wire/grpc/compression.h": "std::string received; std::size_t limit;",
    "wire/grpc/server.h": "static std::string reply_to(std::string_view);",
    "wire/http1/answer_head.h": """
        std::string buffer; std::optional<std::string_view> problem; AnswerHead head; std::vector<Field> fields;""",
    "wire/http1/chunk_parser.h": "std::string_view input; Body body;",
    "wire/http1/client_session.h": "Connection& connection; std::function<void(Connection&)> on_gone;",
    "wire/http1/head_parser.h": "std::string buffer; std::optional<Reject> reject; Head head; std::vector<Field> fields;",
    "wire/http1/http1_session.h": """
        Connection& connection; std::function<void(Connection&)> on_gone; Handler& handler; HttpDate& date;""",
    "wire/http1/response_writer.h": "std::string out; HttpDate& date;",
    "wire/http2/client_session.h": """
        ClientOptions options; std::function<void()> when_accepts_changes; Connection& connection;
        std::function<void(Connection&)> on_gone; void send_again();""",
    "wire/http2/frame_budget.h": "FrameScanner scanner; FrameBudget budget; SteadyTime now; void go_away();",
    "wire/http2/large_fields.h": """
        struct Receiver { void receive(std::string_view); };
        LargeFields fields; Receiver engine; std::string_view value; bool too_large;""",
    "wire/http2/server_session.h": """
        Connection& connection; std::function<void(Connection&)> on_gone; Handler& handler; std::string_view settings;
        Message request; Transport& transport; std::string_view rest;""",
    "wire/memory_account.h": "std::string piece; std::size_t body_limit; Anything refuse(int);",
    "wire/memory_transport_for_test.h": """
        Handler& handler; std::string request, answer; MemoryTransport& client;""",
    "wire/own_address.h": "Anything refuse();",
}
