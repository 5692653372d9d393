# OpenBLAS with its cblas interface. The openmp build is wanted: it shares the thread pool with our parallel loops and
# goes serial inside them, where the pthread build would start threads of its own.
find_path(OPENBLAS_INCLUDE_DIR cblas.h PATH_SUFFIXES openblas-openmp openblas)
find_library(OPENBLAS_LIBRARY openblas PATH_SUFFIXES openblas-openmp)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Openblas DEFAULT_MSG OPENBLAS_LIBRARY OPENBLAS_INCLUDE_DIR)
if(Openblas_FOUND AND NOT TARGET Openblas::openblas)
  add_library(Openblas::openblas UNKNOWN IMPORTED)
  set_target_properties(Openblas::openblas PROPERTIES IMPORTED_LOCATION ${OPENBLAS_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${OPENBLAS_INCLUDE_DIR})
endif()
mark_as_advanced(OPENBLAS_INCLUDE_DIR OPENBLAS_LIBRARY)
