# What the platform says of the function. OpenFunction's builder passes FUNC_…, Google's buildpacks know GOOGLE_FUNCTION_…, and the
# framework itself FUNCTION_…. The platform's own names come first.
# shellcheck shell=bash disable=SC2034
target=${FUNC_NAME:-${GOOGLE_FUNCTION_TARGET:-${FUNCTION_TARGET:-}}}
source=${FUNC_SRC:-${GOOGLE_FUNCTION_SOURCE:-${FUNCTION_SOURCE:-.}}}
signature=${FUNC_TYPE:-${GOOGLE_FUNCTION_SIGNATURE_TYPE:-${FUNCTION_SIGNATURE_TYPE:-}}}
clears_source=${FUNC_CLEAR_SOURCE:-${GOOGLE_CLEAR_SOURCE:-false}}
