#include "parts.h"

#include <ofn/function.h>

ofn::Response parts(const ofn::Request& request) {
  std::vector<std::string> all = words(greeting(request.query("name").value_or("world")));
  all.push_back(edit());
  return joined(all) + "\n";
}
