#include "node/news.hpp"

#include "node/track.hpp"

namespace parley::node {

void NewsList::push_back(Outlet& outlet) {
    outlet.in_news = true;
    outlet.next_in_news = nullptr;
    (last_ == nullptr ? first_ : last_->next_in_news) = &outlet;
    last_ = &outlet;
}

void NewsList::pop_front() {
    Outlet& outlet = *first_;
    first_ = outlet.next_in_news;
    if (first_ == nullptr) last_ = nullptr;
    outlet.next_in_news = nullptr;
    outlet.in_news = false;
}

void NewsList::remove(const Outlet& outlet) {
    Outlet* before = nullptr;
    for (Outlet* at = first_; at != nullptr; before = at, at = at->next_in_news) {
        if (at != &outlet) continue;
        (before == nullptr ? first_ : before->next_in_news) = at->next_in_news;
        if (last_ == at) last_ = before;
        at->next_in_news = nullptr;
        at->in_news = false;
        return;
    }
}

void NewsList::rotate() {
    if (first_ == last_) return;
    Outlet& outlet = *first_;
    pop_front();
    push_back(outlet);
}

}  // namespace parley::node
