#include "cli/program.h"

int main(int argc, char** argv) { return ofn::cli::run_program(argc, argv, nullptr); }
