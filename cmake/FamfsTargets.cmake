# One static target per folder of docs/architecture.md; the include root is lib/, so an include
# names its module ("format/entry.h") and tests/layers can hold it against the picture.

add_library(famfs_options INTERFACE)
target_compile_options(famfs_options INTERFACE -Wall -Wextra -Wconversion $<$<BOOL:${FAMFS_WERROR}>:-Werror>)
if(FAMFS_SANITIZE)
  target_compile_options(famfs_options INTERFACE -fsanitize=${FAMFS_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(famfs_options INTERFACE -fsanitize=${FAMFS_SANITIZE})
  if(FAMFS_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # TSan does not follow fences. Ours order loads of the device, which is no C++ object, against each other.
    target_compile_options(famfs_options INTERFACE -Wno-tsan)
  endif()
endif()
if(FAMFS_COVERAGE)
  target_compile_options(famfs_options INTERFACE --coverage)
  target_link_options(famfs_options INTERFACE --coverage)
endif()

# famfs_module(NAME SOURCES ... [DEPENDS ...] [PRIVATE_DEPENDS ...])
function(famfs_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(famfs_${name} STATIC ${ARG_SOURCES})
  target_include_directories(famfs_${name} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
  target_link_libraries(famfs_${name} PUBLIC ${ARG_DEPENDS} PRIVATE famfs_options ${ARG_PRIVATE_DEPENDS})
endfunction()
