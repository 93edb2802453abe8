// Two functions that Dapr brings together. `order` asks the app `shop` for a price by service
// invocation, and schedules a reminder. Dapr calls `remind` when it is due.
#include <string>

#include <ofn/function.h>

namespace {

std::string price(const ofn::Request& request) {
  return request.param("item") == "tea" ? "3" : "5";
}

ofn::Response order(ofn::Context& context, const ofn::Request& request) {
  const std::string item(request.param("item").value());
  const auto cost = context.invoke({.app_id = "shop", .method = "prices/" + item, .verb = "GET"});
  if (!cost) return ofn::Response(cost.failure().message).status(502);
  const auto scheduled = context.schedule_job(
      {.job = {.name = "remind-" + item, .due_time = "1s", .data = item}, .overwrite = true});
  if (!scheduled) return ofn::Response(scheduled.failure().message).status(502);
  return ofn::Response(item + " costs " + cost.value().data + "\n").status(201);
}

// A status of 400 or above would bring the job again.
ofn::Response remind(ofn::Context& context, const ofn::Request& job) {
  const auto sent = context.send("reminders", job.body());
  return sent ? ofn::Response() : ofn::Response(sent.error()).status(503);
}

}  // namespace

OFN_ROUTE("GET /prices/{item}", price)
OFN_ROUTE("POST /orders/{item}", order)
OFN_ROUTE("POST /job/{name}", remind)
