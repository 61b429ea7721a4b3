# Installs the build into STAGE, the mount helpers into STAGE/sbin.
file(REMOVE_RECURSE ${STAGE})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${STAGE} COMMAND_ERROR_IS_FATAL ANY
                OUTPUT_QUIET)
