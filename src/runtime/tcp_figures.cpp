#include "runtime/tcp_figures.hpp"

namespace parley::runtime {

std::string_view name(TcpRefusal reason) {
    switch (reason) {
        case TcpRefusal::kUnknownUfrag: return "unknown_ufrag";
        case TcpRefusal::kThreadBusy: return "thread_busy";
        case TcpRefusal::kTooMany: return "too_many";
        case TcpRefusal::kTooManyUnproven: return "too_many_unproven";
        case TcpRefusal::kNotProven: return "not_proven";
        case TcpRefusal::kNotStun: return "not_stun";
        case TcpRefusal::kFrameTooLarge: return "frame_too_large";
        case TcpRefusal::kCount: break;
    }
    return "unknown";
}

}  // namespace parley::runtime
