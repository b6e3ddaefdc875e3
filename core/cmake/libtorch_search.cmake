# equipoise_find_libtorch(DIR VERSION): the folder of the first LibTorch 2.9 or later, empty when there is none.
# As a script it prints that folder, for `./run`: cmake -P libtorch_search.cmake
#
# Looked for in: EQUIPOISE_LIBTORCH alone when it is set; else the environment's LIBTORCH, CMAKE_PREFIX_PATH, python3's
# torch, and the whole copies (marked .complete) in the per-user cache that `./run` fills, those with CUDA first.

set(EQUIPOISE_LIBTORCH_OLDEST 2.9)

# The version's header moved between releases.
function(_libtorch_version folder result)
  set(lines)
  foreach(header include/torch/headeronly/version.h include/torch/csrc/api/include/torch/version.h)
    if(EXISTS ${folder}/${header})
      file(STRINGS ${folder}/${header} found REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
      list(APPEND lines ${found})
    endif()
  endforeach()
  string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*PATCH ([0-9]+).*" "\\1.\\2.\\3" version "${lines}")
  set(${result} "${version}" PARENT_SCOPE)
endfunction()

# find_spec looks without importing, which would take seconds.
function(_libtorch_of_python result)
  execute_process(
    COMMAND python3 -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  set(${result} "${folder}" PARENT_SCOPE)
endfunction()

function(_libtorch_cached result)
  set(cache $ENV{XDG_CACHE_HOME})
  if(NOT cache)
    set(cache $ENV{HOME}/.cache)
  endif()
  file(GLOB cpu ${cache}/equipoise/libtorch/*-cpu/.complete)
  file(GLOB cuda ${cache}/equipoise/libtorch/*-cuda/.complete)
  set(copies ${cuda} ${cpu})
  list(TRANSFORM copies REPLACE "\\.complete$" "torch")
  set(${result} "${copies}" PARENT_SCOPE)
endfunction()

function(equipoise_find_libtorch dir_result version_result)
  set(candidates ${EQUIPOISE_LIBTORCH})
  if(NOT candidates)
    string(REPLACE ":" ";" prefixes "$ENV{LIBTORCH}:$ENV{CMAKE_PREFIX_PATH}")
    _libtorch_of_python(python)
    _libtorch_cached(cached)
    if(NOT "$ENV{LIBTORCH}" STREQUAL "" AND NOT EXISTS $ENV{LIBTORCH}/lib/libtorch_cpu.so)
      message(NOTICE "LIBTORCH=$ENV{LIBTORCH} holds no lib/libtorch_cpu.so: passed over")
    endif()
    set(candidates ${prefixes} ${CMAKE_PREFIX_PATH} ${python} ${cached})
  endif()
  set(${dir_result} "" PARENT_SCOPE)
  foreach(candidate IN LISTS candidates)
    get_filename_component(candidate ${candidate} ABSOLUTE)
    if(NOT EXISTS ${candidate}/lib/libtorch_cpu.so)
      continue()
    endif()
    _libtorch_version(${candidate} version)
    if(version VERSION_GREATER_EQUAL EQUIPOISE_LIBTORCH_OLDEST)
      set(${dir_result} ${candidate} PARENT_SCOPE)
      set(${version_result} ${version} PARENT_SCOPE)
      return()
    endif()
    message(NOTICE "LibTorch ${version} in ${candidate} is older than ${EQUIPOISE_LIBTORCH_OLDEST}: passed over")
  endforeach()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  equipoise_find_libtorch(found version)
  if(found)
    execute_process(COMMAND ${CMAKE_COMMAND} -E echo ${found})
  endif()
endif()
