// The sums of a convolution over the spikes of one step, for the compiled targets; see the module
// networks.brian.shared_weights for what they are and for what was tried.
//
// Window p covers the source neurons from (p * stride - padding) * features on, width * features of
// them, in the order of the rows of w. Each spike in it adds its row, `maps` weights, to row p of v.
#include <algorithm>
#include <cstdint>
#include <vector>

namespace shared_weights {

// Source features that are worked on together: their rows for one window offset stay in the cache
// while all windows pass over them.
const int TILE = 64;

// Bytes of a vector, and most vectors of a block: as many sums as there are registers for.
const int BYTES = 32;
const int MOST = 9;

#if defined(__GNUC__)
template <class T> struct Vector {
    typedef T type __attribute__((vector_size(BYTES), aligned(sizeof(T)), may_alias));
};
#endif

// Add the rows of some spikes, cut to N vectors, to v. The sums stay in registers meanwhile.
template <int N, class T>
inline void add_rows(const int32_t* spike, const int32_t* end, const T* w, int64_t maps, T* v)
{
    const int lanes = BYTES / sizeof(T);
#if defined(__GNUC__)
    typedef typename Vector<T>::type V;
    V sum[N] = {};
    for (; spike != end; spike++) {
        const T* row = w + *spike * maps;
#pragma GCC unroll 16
        for (int n = 0; n < N; n++)
            sum[n] += *(const V*)(row + n * lanes);
    }
#pragma GCC unroll 16
    for (int n = 0; n < N; n++)
        *(V*)(v + n * lanes) += sum[n];
#else
    for (; spike != end; spike++) {
        const T* row = w + *spike * maps;
        for (int m = 0; m < N * lanes; m++)
            v[m] += row[m];
    }
#endif
}

// The maps that fill no vector.
template <class T>
inline void add_rest(const int32_t* spike, const int32_t* end, const T* w, int64_t maps, int rest, T* v)
{
    for (; spike != end; spike++) {
        const T* row = w + *spike * maps;
        for (int m = 0; m < rest; m++)
            v[m] += row[m];
    }
}

template <class T>
inline void add_block(int vectors, const int32_t* spike, const int32_t* end, const T* w, int64_t maps, T* v)
{
    switch (vectors) {
        case 1: add_rows<1>(spike, end, w, maps, v); break;
        case 2: add_rows<2>(spike, end, w, maps, v); break;
        case 3: add_rows<3>(spike, end, w, maps, v); break;
        case 4: add_rows<4>(spike, end, w, maps, v); break;
        case 5: add_rows<5>(spike, end, w, maps, v); break;
        case 6: add_rows<6>(spike, end, w, maps, v); break;
        case 7: add_rows<7>(spike, end, w, maps, v); break;
        case 8: add_rows<8>(spike, end, w, maps, v); break;
        case 9: add_rows<9>(spike, end, w, maps, v); break;
    }
}

// Deliver the `count` spikes of a step to the `windows * maps` targets at v. Returns the number of
// synaptic events: how often a weight was added.
template <class T>
int64_t convolve(
    const int32_t* spikes, int64_t count, int64_t source_start, int64_t positions,
    const T* w, int64_t features, int64_t width, int64_t maps,
    int64_t stride, int64_t padding, T* v, int64_t windows)
{
    if (count == 0)
        return 0;
    std::vector<int32_t> sorted;
    if (!std::is_sorted(spikes, spikes + count)) {
        sorted.assign(spikes, spikes + count);
        std::sort(sorted.begin(), sorted.end());
        spikes = sorted.data();
    }
    // Where the spikes of each position and tile begin.
    const int64_t tiles = (features + TILE - 1) / TILE;
    std::vector<int32_t> first(positions * tiles + 1);
    int64_t s = std::lower_bound(spikes, spikes + count, source_start) - spikes;
    for (int64_t position = 0, bin = 0; position < positions; position++)
        for (int64_t tile = 0; tile < tiles; tile++) {
            const int64_t end = source_start + position * features + std::min(features, (tile + 1) * TILE);
            first[bin++] = s;
            while (s < count && spikes[s] < end)
                s++;
        }
    first[positions * tiles] = s;

    const int lanes = BYTES / sizeof(T);
    const int64_t vectors = maps / lanes, rest = maps % lanes;
    const int64_t blocks = (vectors + MOST - 1) / MOST;
    int64_t events = 0;
    for (int64_t offset = 0; offset < width; offset++)
        for (int64_t tile = 0; tile < tiles; tile++)
            for (int64_t block = 0; block < blocks + (rest > 0); block++) {
                const int64_t start = block < blocks ? vectors * block / blocks * lanes : vectors * lanes;
                const int64_t size = block < blocks ? vectors * (block + 1) / blocks * lanes - start : rest;
                for (int64_t window = 0; window < windows; window++) {
                    const int64_t begin = window * stride - padding;
                    const int64_t position = begin + offset;
                    if (position < 0 || position >= positions)
                        continue;
                    const int32_t* from = spikes + first[position * tiles + tile];
                    const int32_t* to = spikes + first[position * tiles + tile + 1];
                    if (from == to)
                        continue;
                    const T* rows = w + start - (source_start + begin * features) * maps;
                    T* sums = v + window * maps + start;
                    if (block < blocks)
                        add_block(size / lanes, from, to, rows, maps, sums);
                    else
                        add_rest(from, to, rows, maps, rest, sums);
                    events += (to - from) * size;
                }
            }
    return events;
}

// Pooling: a spike of source neuron i adds w to target (i / (window * maps)) * maps + i % maps.
template <class T>
int64_t pool(
    const int32_t* spikes, int64_t count, int64_t source_start, int64_t source_stop,
    T w, int64_t window, int64_t maps, T* v, int64_t targets)
{
    int64_t events = 0;
    for (int64_t s = 0; s < count; s++) {
        const int64_t i = spikes[s] - source_start;
        const int64_t target = i / (window * maps) * maps + i % maps;
        if (spikes[s] < source_start || spikes[s] >= source_stop || target >= targets)
            continue;
        v[target] += w;
        events++;
    }
    return events;
}

}  // namespace shared_weights
