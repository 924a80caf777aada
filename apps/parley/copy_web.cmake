# Copies the built web app beside the binary; does nothing where it has not been built.
if(EXISTS ${FROM}/index.html)
    file(REMOVE_RECURSE ${TO})
    file(COPY ${FROM}/ DESTINATION ${TO})
endif()
