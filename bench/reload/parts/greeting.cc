#include "parts.h"

std::string greeting(std::string_view name) { return "hello, " + std::string(name) + ","; }
