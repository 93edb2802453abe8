#include <atomic>
#include <stdexcept>
#include <string>

#include <ofn/function.h>
#include <ofn/plugin.h>
#include <ofn/span.h>
#include <ofn/task.h>

ofn::Response plain(const ofn::Request&) {
  ofn::set_attribute("order.id", "o-17");
  ofn::set_attribute("http.route", "/mine");
  ofn::Span outer("outer");
  outer.set("rows", 3).set("share", 0.5).set("cached", false).set("text", "a");
  {
    ofn::Span inner("inner", outer);
    inner.failed("why");
  }
  const ofn::Span sibling("sibling");
  return std::string(ofn::trace_id());
}
OFN_ROUTE("/plain", plain)

ofn::Out with_context(ofn::Context&, ofn::Bytes) {
  const ofn::Span span("on a worker");
  return ofn::Out("ok\n");
}
OFN_ROUTE("/context", with_context)

// Each call ends only when both have begun, so their pieces interleave on one loop.
std::atomic<int> begun = 0;
ofn::task<ofn::Response> both(const ofn::Request& request) {
  const std::string name(request.param("name").value_or(""));
  ofn::Span outer("outer");
  outer.set("call", name);
  ++begun;
  while (begun < 2) co_await ofn::sleep_for(std::chrono::milliseconds(1));
  ofn::Span inner("inner", outer);
  inner.set("call", name);
  co_await ofn::sleep_for(std::chrono::milliseconds(1));
  ofn::Span after("after");
  after.set("call", name);
  co_return "ok\n";
}
OFN_ROUTE("/both/{name}", both)

ofn::Response throws(const ofn::Request&) {
  const ofn::Span span("left");
  throw std::runtime_error("as asked");
}
OFN_ROUTE("/throws", throws)

ofn::Response many(const ofn::Request&) {
  for (int i = 0; i < 1000; ++i) const ofn::Span span("one");
  return "ok\n";
}
OFN_ROUTE("/many", many)

struct Hook : ofn::Plugin {
  void pre(ofn::Context&, ofn::CallData&) override { const ofn::Span span("pre"); }
  void post(ofn::Context&, ofn::CallResult&) override { const ofn::Span span("post"); }
};
OFN_PLUGIN(Hook, "hook", "1.0.0")
