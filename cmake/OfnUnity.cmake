# Compiles eight sources of a target as one. Sources that include the same headers and use the same templates then take about half the
# processor time. After a small change it takes longer, so only builds that are made as a whole do it: OFN_UNITY is `tests` or `all`.
# Two sources may have helpers of one name, which are one too many in one source. Then one of the two is ALONE (OfnRoom.cmake).
set(OFN_UNITY OFF CACHE STRING "Compile several sources as one: 'tests' (those of unit tests), 'all' or OFF")
set_property(CACHE OFN_UNITY PROPERTY STRINGS OFF tests all)
if(NOT OFN_UNITY MATCHES "^(OFF|tests|all)$")
  message(FATAL_ERROR "OFN_UNITY is '${OFN_UNITY}'; it must be 'tests', 'all' or OFF")
endif()
function(ofn_unity target kind)
  if(OFN_UNITY STREQUAL "all" OR OFN_UNITY STREQUAL kind)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()
