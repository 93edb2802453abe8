// Calls the part of the function that needs no sidecar. README.md says how to run it.
#undef NDEBUG
#include <cassert>
#include <cstdio>

#include <ofn/function.h>

std::string receipt(ofn::Bytes data);

int main() {
  assert(receipt("a book") == "received 6 bytes: a book\n");

  std::puts("passed");
}
