// The sums of a convolution over the spikes of one step, for the compiled targets; see the package
// networks.brian.shared_weights for what they are and for what was tried.
//
// A window covers places of the kernel, each of them the `features` neurons of one position of the
// source. Each spike there adds its row of w, a weight for each map, to the row of the window in v.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace shared_weights {

// What networks.brian.shared_weights.geometry.Geometry says, in the same order.
struct Geometry {
    int64_t source_start, rows, columns, features;
    int64_t height, width, maps, groups;
    int64_t row_stride, column_stride, row_padding, column_padding, row_dilation, column_dilation;
    int64_t window_rows, window_columns;

    explicit Geometry(const int64_t* numbers) { std::memcpy(this, numbers, sizeof(*this)); }
};

// Neurons that are refractory do not receive: what they have is put back in the end.
template <class T> class Refractory {
public:
    Refractory(T* v, const char* receives, int64_t targets) : v(v)
    {
        for (int64_t i = 0; receives && i < targets; i++)
            if (!receives[i]) {
                places.push_back(i);
                values.push_back(v[i]);
            }
    }
    ~Refractory()
    {
        for (std::size_t i = 0; i < places.size(); i++)
            v[places[i]] = values[i];
    }

private:
    T* v;
    std::vector<int64_t> places;
    std::vector<T> values;
};

// Source features that are worked on together: their rows for one window offset stay in the cache
// while all windows pass over them.
const int TILE = 64;

// Bytes of a vector, and most vectors of a block: as many sums as there are registers for.
const int BYTES = 32;
const int MOST = 9;

#if defined(__GNUC__)
#define ON_ITS_OWN __attribute__((noinline))
template <class T> struct Vector {
    typedef T type __attribute__((vector_size(BYTES), aligned(sizeof(T)), may_alias));
};
#else
#define ON_ITS_OWN
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

// Some maps of a row of windows: the first spikes of window n are at first[n * next], and its rows of
// weights at rows - n * shift. Returns how many spikes there were. Blocks of another size are other
// functions, as compilers find the registers for one loop better than for all of them.
template <int N, class T>
ON_ITS_OWN int64_t sweep(
    const int32_t* spikes, const int32_t* first, int64_t next, int64_t windows, const T* rows,
    int64_t shift, int64_t maps, T* v)
{
    int64_t count = 0;
    for (int64_t n = 0; n < windows; n++, first += next, rows -= shift, v += maps) {
        const int32_t* from = spikes + first[0];
        const int32_t* to = spikes + first[1];
        if (from == to)
            continue;
        add_rows<N>(from, to, rows, maps, v);
        count += to - from;
    }
    return count;
}

// The same for the maps that fill no vector.
template <class T>
int64_t sweep_rest(
    const int32_t* spikes, const int32_t* first, int64_t next, int64_t windows, const T* rows,
    int64_t shift, int64_t maps, int rest, T* v)
{
    int64_t count = 0;
    for (int64_t n = 0; n < windows; n++, first += next, rows -= shift, v += maps) {
        add_rest(spikes + first[0], spikes + first[1], rows, maps, rest, v);
        count += first[1] - first[0];
    }
    return count;
}

template <class T>
int64_t sweep_block(
    int vectors, const int32_t* spikes, const int32_t* first, int64_t next, int64_t windows,
    const T* rows, int64_t shift, int64_t maps, int rest, T* v)
{
    switch (vectors) {
        case 1: return sweep<1>(spikes, first, next, windows, rows, shift, maps, v);
        case 2: return sweep<2>(spikes, first, next, windows, rows, shift, maps, v);
        case 3: return sweep<3>(spikes, first, next, windows, rows, shift, maps, v);
        case 4: return sweep<4>(spikes, first, next, windows, rows, shift, maps, v);
        case 5: return sweep<5>(spikes, first, next, windows, rows, shift, maps, v);
        case 6: return sweep<6>(spikes, first, next, windows, rows, shift, maps, v);
        case 7: return sweep<7>(spikes, first, next, windows, rows, shift, maps, v);
        case 8: return sweep<8>(spikes, first, next, windows, rows, shift, maps, v);
        case 9: return sweep<9>(spikes, first, next, windows, rows, shift, maps, v);
        default: return sweep_rest(spikes, first, next, windows, rows, shift, maps, rest, v);
    }
}

// Windows along an axis whose place in the kernel is within the source: from `low` on, below `high`.
// In window n it has position n * stride + start.
inline void within(
    int64_t start, int64_t stride, int64_t positions, int64_t windows, int64_t& low, int64_t& high)
{
    low = start < 0 ? (-start + stride - 1) / stride : 0;
    high = start < positions ? std::min(windows, (positions - 1 - start) / stride + 1) : 0;
}

// Deliver the `count` spikes of a step to the targets at v, of which those receive that are not 0 in
// `receives`, or all if it is null. Returns the number of synaptic events: how often a spike met a
// weight.
template <class T>
int64_t convolve(
    const int32_t* spikes, int64_t count, const int64_t* numbers, const T* w, T* v,
    const char* receives)
{
    if (count == 0)
        return 0;
    const Geometry g(numbers);
    const Refractory<T> refractory(v, receives, g.window_rows * g.window_columns * g.maps);
    std::vector<int32_t> sorted;
    if (!std::is_sorted(spikes, spikes + count)) {
        sorted.assign(spikes, spikes + count);
        std::sort(sorted.begin(), sorted.end());
        spikes = sorted.data();
    }
    // Where the spikes of each position, group and tile begin.
    const int64_t positions = g.rows * g.columns;
    const int64_t features = g.features / g.groups, maps = g.maps / g.groups;
    const int64_t tiles = (features + TILE - 1) / TILE;
    std::vector<int32_t> first(positions * g.groups * tiles + 1);
    int64_t s = std::lower_bound(spikes, spikes + count, g.source_start) - spikes;
    for (int64_t part = 0, bin = 0; part < positions * g.groups; part++)
        for (int64_t tile = 0; tile < tiles; tile++) {
            const int64_t end = g.source_start + part * features + std::min(features, (tile + 1) * TILE);
            first[bin++] = s;
            while (s < count && spikes[s] < end)
                s++;
        }
    first[positions * g.groups * tiles] = s;

    const int lanes = BYTES / sizeof(T);
    const int64_t vectors = maps / lanes, rest = maps % lanes;
    const int64_t blocks = (vectors + MOST - 1) / MOST;
    int64_t events = 0;
    for (int64_t offset = 0; offset < g.height * g.width; offset++) {
        // The position that this place of the kernel has in the first window.
        const int64_t row = offset / g.width * g.row_dilation - g.row_padding;
        const int64_t column = offset % g.width * g.column_dilation - g.column_padding;
        int64_t top, bottom, left, right;
        within(row, g.row_stride, g.rows, g.window_rows, top, bottom);
        within(column, g.column_stride, g.columns, g.window_columns, left, right);
        for (int64_t group = 0; group < g.groups; group++)
            for (int64_t tile = 0; tile < tiles; tile++)
                for (int64_t block = 0; block < blocks + (rest > 0); block++) {
                    const int64_t start = block < blocks ? vectors * block / blocks * lanes : vectors * lanes;
                    const int64_t size = block < blocks ? vectors * (block + 1) / blocks * lanes - start : rest;
                    const int64_t map = group * maps + start;
                    for (int64_t y = top; y < bottom; y++) {
                        const int64_t position = (y * g.row_stride + row) * g.columns
                            + left * g.column_stride + column;
                        const int64_t part = position * g.groups + group;
                        events += size * sweep_block(
                            block < blocks ? size / lanes : 0,
                            spikes, first.data() + part * tiles + tile, g.column_stride * g.groups * tiles,
                            right - left,
                            w + map + ((offset - part) * features - g.source_start) * g.maps,
                            g.column_stride * g.groups * features * g.maps,
                            g.maps, rest, v + (y * g.window_columns + left) * g.maps + map);
                    }
                }
    }
    return events;
}

// Windows along one axis that cover a place: from the one that begins `window` places before it.
inline void covering(
    int64_t place, int64_t window, int64_t stride, int64_t windows, int64_t& first, int64_t& last)
{
    first = place < window ? 0 : (place - window) / stride + 1;
    last = std::min(windows - 1, place / stride);
}

// Pooling: a spike adds w to its own map in all windows that cover it. The rest is as in `convolve`.
template <class T>
int64_t pool(
    const int32_t* spikes, int64_t count, const int64_t* numbers, const T* w, T* v,
    const char* receives)
{
    if (count == 0)
        return 0;
    const Geometry g(numbers);
    const Refractory<T> refractory(v, receives, g.window_rows * g.window_columns * g.maps);
    int64_t events = 0;
    for (int64_t s = 0; s < count; s++) {
        const int64_t i = spikes[s] - g.source_start;
        if (i < 0 || i >= g.rows * g.columns * g.maps)
            continue;
        const int64_t position = i / g.maps, map = i % g.maps;
        int64_t first_row, last_row, first_column, last_column;
        covering(position / g.columns, g.height, g.row_stride, g.window_rows, first_row, last_row);
        covering(position % g.columns, g.width, g.column_stride, g.window_columns, first_column, last_column);
        for (int64_t row = first_row; row <= last_row; row++)
            for (int64_t column = first_column; column <= last_column; column++) {
                v[(row * g.window_columns + column) * g.maps + map] += *w;
                events++;
            }
    }
    return events;
}

// Any weights: the numbers are the first source neuron, how many there are, how many targets, then
// where the synapses of each source neuron begin among all, then the target of each synapse.
template <class T>
int64_t scatter(
    const int32_t* spikes, int64_t count, const int64_t* numbers, const T* w, T* v,
    const char* receives)
{
    if (count == 0)
        return 0;
    const int64_t source_start = numbers[0], sources = numbers[1];
    const int64_t* first = numbers + 3;
    const int64_t* target = first + sources + 1;
    const Refractory<T> refractory(v, receives, numbers[2]);
    int64_t events = 0;
    for (int64_t s = 0; s < count; s++) {
        const int64_t i = spikes[s] - source_start;
        if (i < 0 || i >= sources)
            continue;
        for (int64_t synapse = first[i]; synapse < first[i + 1]; synapse++)
            v[target[synapse]] += w[synapse];
        events += first[i + 1] - first[i];
    }
    return events;
}

}  // namespace shared_weights
