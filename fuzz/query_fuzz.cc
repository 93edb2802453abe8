// Reads a query of arbitrary bytes. HTTP/1.1's parser and the rule that HTTP/2 uses must agree
// whether it is served. Decoding it as a form must never fail and never make it longer.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/request.h>

#include "base/check.h"
#include "wire/field_rules.h"
#include "wire/http1/head_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ofn;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view query(reinterpret_cast<const char*>(data), size);
  // Over HTTP/1.1 a target cannot contain a blank or a line end, because they end it.
  if (query.find_first_of(" \r\n") != std::string_view::npos) return 0;
  const std::string target = "/?" + std::string(query);
  const std::string head = "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
  const wire::Limits limits;
  if (target.size() > limits.target_bytes) return 0;
  wire::http1::HeadParser parser(limits);
  const bool served = parser.parse(head) == wire::http1::Step::kDone;
  OFN_CHECK(served == wire::well_formed_target(target));
  if (!served) return 0;
  wire::http1::Head read;
  std::vector<Field> fields;
  OFN_CHECK(!parser.read(head, read, fields) && read.target == target);

  Request::Parts parts;
  parts.target = target;
  const Request request(std::move(parts));
  OFN_CHECK(request.query_string() == query);
  std::string_view form = query.substr(0, query.find_first_of("=&"));
  std::string name;
  while (!form.empty()) name += internal::next_of_form(form);
  const auto value = request.query(name);
  OFN_CHECK(query.empty() || query.front() == '&' || value.has_value());
  OFN_CHECK(!value || value->size() <= query.size());
  return 0;
}
