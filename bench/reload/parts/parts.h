// The parts of a function in five files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

std::string greeting(std::string_view name);
std::string edit();
std::vector<std::string> words(std::string_view text);
std::string joined(const std::vector<std::string>& words);
