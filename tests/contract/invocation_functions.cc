// Functions that a sidecar calls by service invocation and for jobs, and functions that ask the
// sidecar for that.
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <ofn/function.h>
#include <ofn/task.h>

namespace {

// Says what it got.
ofn::Response echo(const ofn::Request& request) {
  std::string text = std::string(request.method()) + " " + std::string(request.target()) + "\n";
  for (const ofn::Field& field : request.headers())
    text += std::string(field.name) + ": " + std::string(field.value) + "\n";
  text += "\n" + std::string(request.body());
  return ofn::Response(text).status(201).content_type("text/x-echo").header("x-own", "1");
}

// Answers with the status that the path names.
ofn::Response answer(const ofn::Request& request) {
  return ofn::Response("no such order\n")
      .status(std::stoi(std::string(request.param("status").value())))
      .header("x-own", "1");
}

ofn::CloudEvent event(const ofn::CloudEvent& got) {
  return ofn::CloudEvent(got.id() + "-answer", "/functions", "answer").data("got " + *got.data());
}

ofn::Out plain(ofn::Context& context, ofn::Bytes data) {
  return ofn::Out::success(std::string(context.content_type()) + ": " + std::string(data));
}

void pieces(const ofn::Request& request, ofn::Writer& writer) {
  const int count = std::stoi(request.query("count").value_or("2"));
  const std::string piece(std::stoi(request.query("size").value_or("1")), 'x');
  for (int i = 0; i < count; ++i) {
    if (!writer.write(piece)) return;
  }
}

std::string text_of(const ofn::Failure& failure) {
  return std::string(ofn::code_name(failure.code)) + ": " + failure.message;
}

// Calls a method of an app through the sidecar.
ofn::Response relay(ofn::Context& context, const ofn::Request& request) {
  const auto reply = context.invoke({.app_id = request.query("app").value_or(""),
                                     .method = request.query("method").value_or(""),
                                     .data = std::string(request.body()),
                                     .content_type = "text/plain",
                                     .verb = "PUT",
                                     .query = "q=1"});
  if (!reply) return ofn::Response(text_of(reply.failure())).status(502);
  return ofn::Response(reply->data).content_type(reply->content_type);
}

std::mutex mutex;
std::map<std::string, std::vector<std::string>> jobs;  // what came, by name

// The job's data says how often it fails: "2 times" fails twice.
ofn::Response job(ofn::Context& context, const ofn::Request& request) {
  const std::lock_guard lock(mutex);
  std::vector<std::string>& came = jobs[std::string(request.param("name").value())];
  came.push_back(std::string(context.content_type()) + ": " + std::string(request.body()));
  const std::size_t fails =
      request.body().ends_with(" times") ? std::stoul(std::string(request.body())) : 0;
  return ofn::Response("").status(came.size() <= fails ? 500 : 200);
}

std::string jobs_of(const ofn::Request& request) {
  const std::lock_guard lock(mutex);
  std::string text;
  for (const std::string& each : jobs[std::string(request.param("name").value())])
    text += each + "\n";
  return text;
}

template <class T>
ofn::Response done(const ofn::Reply<T>& reply, std::string text = "done") {
  return reply ? ofn::Response(text) : ofn::Response(text_of(reply.failure())).status(502);
}

ofn::Job job_of(const ofn::Request& request) {
  ofn::Job job{.name = std::string(request.param("name").value()),
               .schedule = request.query("schedule").value_or(""),
               .due_time = request.query("due").value_or(""),
               .data = std::string(request.body())};
  if (const auto repeats = request.query("repeats")) job.repeats = std::stoul(*repeats);
  if (const auto retries = request.query("retries"))
    job.retries =
        ofn::JobRetries{.most = std::stoul(*retries), .interval = std::chrono::seconds(0)};
  return job;
}

ofn::Response schedule(ofn::Context& context, const ofn::Request& request) {
  return done(context.schedule_job(
      {.job = job_of(request), .overwrite = request.query("overwrite").has_value()}));
}

ofn::task<ofn::Response> schedule_async(ofn::Context& context, const ofn::Request& request) {
  const ofn::ScheduleJob call{.job = job_of(request)};
  const ofn::Reply<ofn::Done> reply = co_await context.async_ask(call);
  co_return done(reply);
}

ofn::Response get(ofn::Context& context, const ofn::Request& request) {
  const auto reply = context.get_job(std::string(request.param("name").value()));
  if (!reply) return done(reply);
  return reply->name + " " + reply->schedule + " " + reply->due_time + " " +
         std::to_string(reply->repeats.value_or(0)) + " " + reply->data;
}

ofn::Response remove(ofn::Context& context, const ofn::Request& request) {
  return done(context.delete_job(std::string(request.param("name").value())));
}

std::vector<ofn::SendItem> items_of(std::string_view body) {
  std::vector<ofn::SendItem> items;
  while (!body.empty()) {
    const std::string_view line = body.substr(0, body.find('\n'));
    items.push_back({.data = line, .content_type = "text/plain"});
    body.remove_prefix(std::min(body.size(), line.size() + 1));
  }
  return items;
}

// One line for each item.
std::string text_of(const ofn::SendReport& report) {
  std::string text;
  for (const ofn::SendResult& each : report.results())
    text += (each.failure ? text_of(*each.failure) : "sent") + "\n";
  return text;
}

std::string send_all(ofn::Context& context, const ofn::Request& request) {
  const std::vector<ofn::SendItem> items = items_of(request.body());
  return text_of(context.send_all(request.param("output").value(), items));
}

ofn::task<std::string> send_all_async(ofn::Context& context, const ofn::Request& request) {
  const std::vector<ofn::SendItem> items = items_of(request.body());
  const ofn::SendAll call{.output = std::string(request.param("output").value()), .items = items};
  const ofn::Reply<std::vector<ofn::SendResult>> reply = co_await context.async_ask(call);
  if (!reply) co_return text_of(reply.failure());
  co_return text_of(ofn::SendReport(*reply.operator->()));
}

}  // namespace

OFN_ROUTE("/echo/{rest...}", echo)
OFN_ROUTE("/answer/{status}", answer)
OFN_ROUTE("/event", event)
OFN_ROUTE("/plain", plain)
OFN_ROUTE("/pieces", pieces)
OFN_ROUTE("/relay", relay)
OFN_ROUTE("POST /job/{name}", job)
OFN_ROUTE("/jobs/{name}", jobs_of)
OFN_ROUTE("POST /schedule/{name}", schedule)
OFN_ROUTE("POST /schedule-async/{name}", schedule_async)
OFN_ROUTE("GET /schedule/{name}", get)
OFN_ROUTE("DELETE /schedule/{name}", remove)
OFN_ROUTE("/send/{output}", send_all)
OFN_ROUTE("/send-async/{output}", send_all_async)
