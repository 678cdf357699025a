// Spikes on their way, for the compiled targets: a row for each step until its spikes are due, with
// their number first and then who. `steps` says which step a row is of; see the module
// networks.brian.shared_weights.base.
#include <cstdint>

namespace shared_weights {

// Keep the spikes of this step that are of sources `start` to `stop`.
inline void keep(
    const int32_t* spikes, int64_t count, int64_t start, int64_t stop, int64_t delay, int64_t now,
    int32_t* pending, int64_t* steps)
{
    const int64_t row = now % (delay + 1);
    int32_t* kept = pending + row * (stop - start + 1);
    kept[0] = 0;
    for (int64_t s = 0; s < count; s++)
        if (spikes[s] >= start && spikes[s] < stop)
            kept[++kept[0]] = spikes[s];
    steps[row] = now;
}

// The spikes that are due in this step: a number, then who.
inline const int32_t* due(
    const int32_t* pending, const int64_t* steps, int64_t sources, int64_t delay, int64_t now)
{
    static const int32_t none[1] = {0};
    const int64_t step = now - delay;
    if (step < 0 || steps[step % (delay + 1)] != step)
        return none;
    return pending + step % (delay + 1) * (sources + 1);
}

}  // namespace shared_weights
