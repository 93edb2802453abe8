#include <ofn/run.h>

int main(int argc, char** argv) { return ofn::run(argc, argv); }
