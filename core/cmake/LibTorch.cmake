# Declares the target eq_libtorch from a folder that holds LibTorch 2.9 or later (include/, lib/): a Python `torch`
# package or a LibTorch archive. find_package(Torch) is not used: on a CUDA wheel it stops without a CUDA toolkit, and
# links the toolkit's own NCCL with one.
#
# Looked for in: EQUIPOISE_LIBTORCH, the environment's LIBTORCH, CMAKE_PREFIX_PATH, python3's torch, the per-user cache
# that `./run` fills.

set(EQUIPOISE_LIBTORCH "" CACHE PATH "Folder of LibTorch (include/ and lib/), 2.9 or later")

set(_torch_candidates ${EQUIPOISE_LIBTORCH} $ENV{LIBTORCH} ${CMAKE_PREFIX_PATH})
if(NOT EQUIPOISE_LIBTORCH)
  execute_process(COMMAND python3 -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    OUTPUT_VARIABLE _torch_python OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  set(_torch_cache $ENV{XDG_CACHE_HOME})
  if(NOT _torch_cache)
    set(_torch_cache $ENV{HOME}/.cache)
  endif()
  file(GLOB _torch_cached ${_torch_cache}/equipoise/libtorch/*/torch)
  list(APPEND _torch_candidates ${_torch_python} ${_torch_cached})
endif()

# The version's header moved between releases.
function(_torch_version folder result)
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

foreach(candidate IN LISTS _torch_candidates)
  if(NOT EXISTS ${candidate}/lib/libtorch_cpu.so)
    continue()
  endif()
  _torch_version(${candidate} _version)
  if(_version VERSION_GREATER_EQUAL 2.9)
    set(EQ_LIBTORCH_DIR ${candidate})
    set(EQ_LIBTORCH_VERSION ${_version})
    break()
  endif()
  message(STATUS "LibTorch ${_version} in ${candidate} is older than 2.9: passed over")
endforeach()
if(NOT EQ_LIBTORCH_DIR)
  message(FATAL_ERROR "No LibTorch 2.9 or later found. Looked in: ${_torch_candidates}. "
    "Run ./run, which fetches one, or name a folder with -DEQUIPOISE_LIBTORCH=DIR.")
endif()

add_library(eq_libtorch INTERFACE)
# The wheel's include folder holds a newer fmt than the one we link. The system's is put before it, alone.
get_target_property(_fmt_include fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
if(NOT _fmt_include)
  find_path(_fmt_include fmt/core.h REQUIRED)
endif()
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include)
file(CREATE_LINK ${_fmt_include}/fmt ${CMAKE_BINARY_DIR}/include/fmt SYMBOLIC)
target_include_directories(eq_libtorch SYSTEM BEFORE INTERFACE ${CMAKE_BINARY_DIR}/include)
target_include_directories(eq_libtorch SYSTEM INTERFACE
  ${EQ_LIBTORCH_DIR}/include ${EQ_LIBTORCH_DIR}/include/torch/csrc/api/include)
target_link_directories(eq_libtorch INTERFACE ${EQ_LIBTORCH_DIR}/lib)
# Halves the cost of every ATen header that declares an operator.
target_compile_definitions(eq_libtorch INTERFACE AT_PER_OPERATOR_HEADERS)
set(_torch_cuda OFF)
if(EXISTS ${EQ_LIBTORCH_DIR}/lib/libtorch_cuda.so)
  set(_torch_cuda ON)
  # Nothing refers to its symbols: it registers its kernels when it is loaded.
  target_link_libraries(eq_libtorch INTERFACE -Wl,--push-state,--no-as-needed
    ${EQ_LIBTORCH_DIR}/lib/libtorch_cuda.so ${EQ_LIBTORCH_DIR}/lib/libc10_cuda.so -Wl,--pop-state)
endif()
target_link_libraries(eq_libtorch INTERFACE
  ${EQ_LIBTORCH_DIR}/lib/libtorch_cpu.so ${EQ_LIBTORCH_DIR}/lib/libc10.so)
file(GLOB _torch_rpath ${EQ_LIBTORCH_DIR}/../nvidia/*/lib)
target_link_options(eq_libtorch INTERFACE -Wl,-rpath,${EQ_LIBTORCH_DIR}/lib)
foreach(folder IN LISTS _torch_rpath)
  target_link_options(eq_libtorch INTERFACE -Wl,-rpath-link,${folder})
endforeach()
message(STATUS "LibTorch ${EQ_LIBTORCH_VERSION}, CUDA ${_torch_cuda}: ${EQ_LIBTORCH_DIR}")
