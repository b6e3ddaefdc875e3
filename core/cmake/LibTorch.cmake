# Declares the target eq_libtorch from a folder that holds LibTorch 2.9 or later (include/, lib/): a Python `torch`
# package or a LibTorch archive. find_package(Torch) is not used: on a CUDA wheel it stops without a CUDA toolkit, and
# links the toolkit's own NCCL with one.
include(${CMAKE_CURRENT_LIST_DIR}/libtorch_search.cmake)

set(EQUIPOISE_LIBTORCH "" CACHE PATH "Folder of LibTorch (include/ and lib/), 2.9 or later; empty: search")
equipoise_find_libtorch(EQ_LIBTORCH_DIR EQ_LIBTORCH_VERSION)
if(NOT EQ_LIBTORCH_DIR)
  message(FATAL_ERROR "No LibTorch ${EQUIPOISE_LIBTORCH_OLDEST} or later found. Run ./run, which fetches one, or name "
    "its folder (the one that holds include/ and lib/): LIBTORCH=DIR ./run, or cmake -DEQUIPOISE_LIBTORCH=DIR.")
endif()
set(EQ_LIBTORCH_CUDA OFF)
if(EXISTS ${EQ_LIBTORCH_DIR}/lib/libtorch_cuda.so)
  set(EQ_LIBTORCH_CUDA ON)
endif()
message(STATUS "LibTorch ${EQ_LIBTORCH_VERSION}, CUDA ${EQ_LIBTORCH_CUDA}: ${EQ_LIBTORCH_DIR}")

# The wheel's include folder holds a newer fmt than the one we link. The system's is put before it, alone.
get_target_property(_fmt_include fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
if(NOT _fmt_include)
  find_path(_fmt_include fmt/core.h REQUIRED)
endif()
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include)
file(CREATE_LINK ${_fmt_include}/fmt ${CMAKE_BINARY_DIR}/include/fmt SYMBOLIC)

add_library(eq_libtorch INTERFACE)
set_target_properties(eq_libtorch PROPERTIES EQ_LIBTORCH_DIR ${EQ_LIBTORCH_DIR})
target_include_directories(eq_libtorch SYSTEM BEFORE INTERFACE ${CMAKE_BINARY_DIR}/include)
target_include_directories(eq_libtorch SYSTEM INTERFACE
  ${EQ_LIBTORCH_DIR}/include ${EQ_LIBTORCH_DIR}/include/torch/csrc/api/include)
# Halves the cost of every ATen header that declares an operator.
target_compile_definitions(eq_libtorch INTERFACE AT_PER_OPERATOR_HEADERS)
if(EQ_LIBTORCH_CUDA)
  # Nothing refers to its symbols: it registers its kernels when it is loaded.
  target_link_libraries(eq_libtorch INTERFACE -Wl,--push-state,--no-as-needed
    ${EQ_LIBTORCH_DIR}/lib/libtorch_cuda.so ${EQ_LIBTORCH_DIR}/lib/libc10_cuda.so -Wl,--pop-state)
endif()
# Full paths: CMake puts their folder into the build's RPATH. The libraries' own RPATH finds what they need in nvidia/.
target_link_libraries(eq_libtorch INTERFACE
  ${EQ_LIBTORCH_DIR}/lib/libtorch_cpu.so ${EQ_LIBTORCH_DIR}/lib/libc10.so)
file(GLOB _nvidia_folders ${EQ_LIBTORCH_DIR}/../nvidia/*/lib)
foreach(folder IN LISTS _nvidia_folders)
  target_link_options(eq_libtorch INTERFACE -Wl,-rpath-link,${folder})
endforeach()

# Parsing ATen's operators takes 8 s a file, the JSON library 1 s. One precompiled header, shared by all targets that
# compile against LibTorch with the same options, is read in 1 s. Every file still includes what it uses.
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/include/pch.cpp CONTENT "")
set(EQ_TORCH_HEADERS <ATen/core/Tensor.h> <ATen/TensorOperators.h> <nlohmann/json.hpp> <fmt/format.h> <fmt/ranges.h>
  <algorithm> <cmath> <filesystem> <functional> <map> <memory> <regex>)
add_library(eq_torch_pch OBJECT ${CMAKE_BINARY_DIR}/include/pch.cpp)
target_link_libraries(eq_torch_pch PRIVATE eq_libtorch nlohmann_json::nlohmann_json fmt::fmt eq_options)
target_precompile_headers(eq_torch_pch PRIVATE ${EQ_TORCH_HEADERS})

function(equipoise_precompile_torch target)
  target_precompile_headers(${target} REUSE_FROM eq_torch_pch)
endfunction()
