// The same function through the test kit: reads the context's file and the calls, and prints the answers. It is a program of its own, because
// the table of calls is in test_kit_parity.py.
#include <exception>
#include <iostream>
#include <iterator>
#include <string>

#include <ofn/testing.h>

int main(int /*argc*/, char** argv) {
  try {
    ofn::testing::Program program(ofn::testing::Options{.context_file = argv[1]});
    program.sidecar().set_secret("vault", "plain", "1");
    const std::string calls{std::istreambuf_iterator<char>(std::cin), {}};
    std::cout << program.invoke(calls).body;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
