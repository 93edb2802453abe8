// The framework linked into your own program, which needs no compiler and no shared object at run
// time. It has the flags and variables of functions-framework, except --source.
#include <ofn/run.h>

int main(int argc, char** argv) { return ofn::run(argc, argv); }
