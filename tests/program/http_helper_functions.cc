// A route for each of the HTTP helpers, for test_http_helpers.py.
#include <algorithm>
#include <string>

#include <ofn/cookies.h>
#include <ofn/form.h>
#include <ofn/function.h>
#include <ofn/http_date.h>
#include <ofn/multipart.h>
#include <ofn/negotiation.h>
#include <ofn/ranges.h>
#include <ofn/redirect.h>
#include <ofn/url.h>

namespace {

std::string read_query(const ofn::Request& request) { return ofn::query(request).text(); }

std::string read_form(const ofn::Request& request) { return ofn::form(request).text(); }

std::string read_cookies(const ofn::Request& request) {
  ofn::Form form;
  for (const ofn::Field& cookie : ofn::cookies(request)) {
    form.add(std::string(cookie.name), std::string(cookie.value));
  }
  return form.text();
}

ofn::Response write_cookie(const ofn::Request& request) {
  const ofn::Form asked = ofn::query(request);
  ofn::Response response("set");
  ofn::set_cookie(response, {.name = std::string(asked.get("name").value_or("")),
                             .value = std::string(asked.get("value").value_or("")),
                             .max_age = std::chrono::hours(1),
                             .expires = ofn::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
                             .domain = "example.com",
                             .path = "/a",
                             .same_site = ofn::SameSite::kStrict});
  ofn::delete_cookie(response, {.name = "old"});
  return response;
}

std::string shown(std::string_view name, std::optional<std::string_view> filename,
                  std::string_view type, std::string_view data) {
  return ofn::url_encode(name) + "|" + (filename ? ofn::url_encode(*filename) : "-") + "|" +
         ofn::url_encode(type) + "|" + ofn::url_encode(data) + "\n";
}

std::string read_multipart(const ofn::Request& request) {
  std::string text;
  for (const ofn::FormPart& part : ofn::multipart(request)) {
    text += shown(part.name, part.filename, part.content_type, part.data);
  }
  return text;
}

// In pieces, and it awaits between the events.
ofn::task<std::string> read_parts(const ofn::Request& request) {
  const std::size_t size = std::stoul(request.query("size").value());
  std::string text;
  std::string data;
  ofn::MultipartParser parser(request);
  for (std::string_view rest = request.body(); !rest.empty();
       rest.remove_prefix(std::min(size, rest.size()))) {
    for (const ofn::MultipartEvent& event : parser.feed(rest.substr(0, size))) {
      if (event.step == ofn::MultipartStep::kPartBegins) {
        co_await ofn::sleep_for(std::chrono::microseconds(1));
        data.clear();
      }
      data += event.data;
      if (event.step == ofn::MultipartStep::kPartEnds) {
        text += shown(event.part->name, event.part->filename, event.part->content_type, data);
      }
    }
  }
  parser.finish();
  co_return text;
}

ofn::Response choose(const ofn::Request& request) {
  const auto type = ofn::best_of(request, {"text/html", "application/json", "image/png"});
  const auto language = ofn::best_language(request, {"en", "de", "fr-CH"});
  const auto encoding = ofn::best_encoding(request, {"br", "gzip"});
  return std::string(type.value_or("none")) + " " + std::string(language.value_or("none")) + " " +
         std::string(encoding.value_or("none"));
}

ofn::Response file(const ofn::Request& request) {
  std::string bytes;
  for (int i = 1000; i < 1250; ++i) bytes += std::to_string(i).substr(1) + ",";
  ofn::Response full = ofn::Response(std::move(bytes))
                           .content_type("image/x-test")
                           .header("ETag", "\"7\"")
                           .header("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
  return ofn::ranged(request, ofn::if_modified(request, std::move(full)));
}

ofn::Response redirect(const ofn::Request& request) {
  return ofn::redirect(request.query("to").value_or(""));
}

ofn::Response nothing() { return ofn::no_content(); }

ofn::Response unchanged() {
  return ofn::not_modified(ofn::Response("x").header("ETag", "\"7\"").header("X", "y"));
}

}  // namespace

OFN_ROUTE("/query", read_query)
OFN_ROUTE("/form", read_form)
OFN_ROUTE("/cookies", read_cookies)
OFN_ROUTE("/set-cookie", write_cookie)
OFN_ROUTE("/multipart", read_multipart)
OFN_ROUTE("/parts", read_parts)
OFN_ROUTE("/choose", choose)
OFN_ROUTE("/file", file)
OFN_ROUTE("/redirect", redirect)
OFN_ROUTE("/nothing", nothing)
OFN_ROUTE("/unchanged", unchanged)
