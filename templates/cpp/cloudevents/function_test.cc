// Calls the function as the server does. README.md says how to run it.
#undef NDEBUG
#include <cassert>
#include <cstdio>

#include <ofn/function.h>

ofn::CloudEvent handle(const ofn::CloudEvent& event);

int main() {
  const ofn::CloudEvent reply = handle(ofn::CloudEvent("1", "/shop", "order").data("a book"));
  assert(reply.id() == "1-reply");
  assert(reply.type() == "order.seen");
  assert(reply.data() == "seen: a book");
  assert(handle(ofn::CloudEvent("2", "/shop", "order")).data() == "seen: no data");

  std::puts("passed");
}
