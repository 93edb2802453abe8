# What the platform says of the function. OpenFunction's builder passes FUNC_…, Google's buildpacks know GOOGLE_FUNCTION_…, and the
# framework itself FUNCTION_…. The platform's own names come first.
# shellcheck shell=bash disable=SC2034
target=${FUNC_NAME:-${GOOGLE_FUNCTION_TARGET:-${FUNCTION_TARGET:-}}}
source=${FUNC_SRC:-${GOOGLE_FUNCTION_SOURCE:-${FUNCTION_SOURCE:-.}}}
signature=${FUNC_TYPE:-${GOOGLE_FUNCTION_SIGNATURE_TYPE:-${FUNCTION_SIGNATURE_TYPE:-}}}

# clears NAME VALUE: sets clears_source.
clears_source=no
clears() {
  case $2 in
    '' | 0 | [fF] | [fF]alse | FALSE) clears_source=no ;;
    1 | [tT] | [tT]rue | TRUE) clears_source=yes ;;
    *)
      printf '%s: expected true or false, found "%s"\n' "$1" "$2"
      exit 1
      ;;
  esac
}
clears GOOGLE_CLEAR_SOURCE "${GOOGLE_CLEAR_SOURCE:-}"
[[ -z ${FUNC_CLEAR_SOURCE:-} ]] || clears FUNC_CLEAR_SOURCE "$FUNC_CLEAR_SOURCE"
