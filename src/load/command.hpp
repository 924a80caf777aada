// `parley load`.

#pragma once

#include <string>
#include <vector>

namespace parley::load {

/// `arguments` are what follows `parley load`. Returns the exit code.
int run_command(const std::vector<std::string>& arguments);

}  // namespace parley::load
