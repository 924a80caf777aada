// Outlets whose tracks have packets that they have not looked at, in the order in which the news
// came: a list through the outlets themselves, so that nothing is allocated for a packet.

#pragma once

namespace parley::node {

struct Outlet;

class NewsList {
 public:
    bool empty() const { return first_ == nullptr; }
    Outlet* front() const { return first_; }
    /// Only an outlet that is in no list.
    void push_back(Outlet& outlet);
    void pop_front();
    /// Nothing happens when the outlet is not in the list.
    void remove(const Outlet& outlet);
    /// The first becomes the last, so that nobody waits behind one that always has more.
    void rotate();

 private:
    Outlet* first_ = nullptr;
    Outlet* last_ = nullptr;
};

}  // namespace parley::node
