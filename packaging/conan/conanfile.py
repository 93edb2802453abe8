"""Conan 2: `conan create packaging/conan` builds this checkout. The libraries that it links are those of the system."""

import re
from pathlib import Path

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load
from conan.tools.system.package_manager import Apt


class Ofn(ConanFile):
    name = "ofn"
    description = "OpenFunction Functions Framework for C++: serves a C++ function"
    homepage = "https://openfunction.dev"
    # Not chosen yet. packaging/debian/copyright, which is in the package, says what follows from that.
    license = "LicenseRef-not-chosen"
    package_type = "static-library"
    settings = "os", "compiler", "build_type", "arch"

    def set_version(self):
        text = load(self, Path(self.recipe_folder) / "../../CMakeLists.txt")
        self.version = re.search(r"^project\(ofn VERSION (\S+)", text, re.MULTILINE)[1]

    def export_sources(self):
        top = Path(self.recipe_folder).parents[1]
        for kept in ("CMakeLists.txt", "apps/*", "cmake/*", "include/*", "packaging/debian/copyright", "packaging/systemd/*", "proto/*", "src/*", "testing/*"):
            copy(self, kept, src=top, dst=self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def validate(self):
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("the framework runs on Linux only")
        check_min_cppstd(self, 20)

    def system_requirements(self):
        Apt(self).install(
            ["cmake", "libcli11-dev", "libhiredis-dev", "libnghttp2-dev", "libprotobuf-dev", "libsqlite3-dev", "libyaml-cpp-dev",
             "nlohmann-json3-dev", "protobuf-compiler", "zlib1g-dev"], check=True)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["OFN_DEVELOPER"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build(target="functions-framework")

    def package(self):
        CMake(self).install()

    def package_info(self):
        # Consumers use the CMake package and the pkg-config file that are installed.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["lib/cmake/ofn"]
        self.cpp_info.libs = ["ofn_framework"]
