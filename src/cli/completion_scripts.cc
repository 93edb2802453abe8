#include <array>
#include <string_view>

#include "cli/completion.h"

namespace ofn::cli {

namespace {

// Every script asks the program itself, by the name that stands in the line. A program that cannot
// be started gives no words.

constexpr std::string_view kBash = R"script(# Completion of functions-framework for bash.
_functions_framework() {
  local line=${COMP_LINE:0:COMP_POINT} current=${COMP_WORDS[COMP_CWORD]} answer rest prefix word
  COMPREPLY=()
  answer=$("$1" __complete bash "$line" 2>/dev/null) || return 0
  rest=${answer##*$'\n'}
  # bash replaces only what follows the last "=" or ":" of a word.
  prefix=${line##*[[:space:]]}
  prefix=${prefix%"${prefix##*[=:]}"}
  while IFS=$'\t' read -r word _; do
    [[ $word == :none || $word == :folders || $word == :files* ]] && continue
    COMPREPLY+=("${word#"${prefix#--*=}"}")
  done <<<"$answer"
  [[ $current == [=:] || $current == :: ]] && current=
  case $rest in
    :folders)
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$current")
      ;;
    :files*)
      compopt -o filenames 2>/dev/null
      local endings=" ${rest#:files} " ending
      while IFS= read -r word; do
        ending=.${word##*.}
        if [[ -d $word || -z ${endings// /} || $endings == *" $ending "* ]]; then COMPREPLY+=("$word"); fi
      done < <(compgen -f -- "$current")
      ;;
  esac
}
complete -F _functions_framework functions-framework ff
)script";

constexpr std::string_view kZsh = R"script(#compdef functions-framework ff
# Completion of functions-framework for zsh.
_functions_framework() {
  local answer rest line word meaning
  local -a found endings
  answer=$("${(Q)words[1]}" __complete zsh "${(@Q)words[2,CURRENT]}" 2>/dev/null) || return 1
  for line in "${(@f)answer}"; do
    if [[ $line == :(none|folders|files*) ]]; then
      rest=$line
      continue
    fi
    word=${line%%$'\t'*}
    meaning=${line#*$'\t'}
    found+=("${word//:/\\:}${meaning:+:$meaning}")
  done
  # The value of --flag=value.
  [[ ${words[CURRENT]} == --*=* ]] && compset -P 1 '*='
  local done=1
  if (( ${#found} )); then _describe -t words functions-framework found && done=0; fi
  case $rest in
    :folders) _files -/ && done=0 ;;
    :files*)
      endings=(${=rest#:files})
      if (( ${#endings} )); then
        _files -g "*(${(j:|:)endings})(-.)" && done=0
      else
        _files && done=0
      fi
      ;;
  esac
  return done
}
if [[ ${funcstack[1]} == _functions-framework ]]; then
  _functions_framework "$@"
else
  compdef _functions_framework functions-framework ff
fi
)script";

constexpr std::string_view kFish = R"script(# Completion of functions-framework for fish.
function __functions_framework_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l prefix (string match -r -- '^--[^=]*=' $current)
    set -l answer ($words[1] __complete fish $words[2..-1] "$current" 2>/dev/null)
    for line in $answer
        switch $line
            case ':none'
            case ':folders'
                __fish_complete_directories (string replace -r -- '^--[^=]*=' '' $current) | string replace -r -- '^' "$prefix"
            case ':files*'
                set -l endings (string split -n ' ' -- (string replace ':files' '' -- $line))
                set -l begin (string replace -r -- '^--[^=]*=' '' $current)
                for file in (string unescape -- $begin)*
                    if test -d $file
                        printf '%s%s/\n' "$prefix" $file
                    else if test -z "$endings"; or contains -- (string match -r -- '\.[^./]*$' $file) $endings
                        printf '%s%s\n' "$prefix" $file
                    end
                end
            case '*'
                printf '%s%s\n' "$prefix" $line
        end
    end
end
complete -c functions-framework -f -a '(__functions_framework_complete)'
complete -c ff -f -a '(__functions_framework_complete)'
)script";

}  // namespace

std::vector<std::string> shells() { return {"bash", "zsh", "fish"}; }

std::string_view completion_script(std::string_view shell) {
  if (shell == "zsh") return kZsh;
  return shell == "fish" ? kFish : kBash;
}

}  // namespace ofn::cli
