"""Builds a function with the package, and asks the packaged program whether it could serve it."""

import os

from conan import ConanFile
from conan.tools.cmake import CMake, cmake_layout


class TestPackage(ConanFile):
    settings = "os", "compiler", "build_type", "arch"
    generators = "CMakeDeps", "CMakeToolchain", "VirtualRunEnv"

    def requirements(self):
        self.requires(self.tested_reference_str, run=True)

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        function = os.path.join(self.cpp.build.bindir, "hello.so")
        self.run(f"functions-framework --dry-run --source {function} --target hello", env="conanrun")
