// The input of a stream of presentations; see the module networks.brian.presentations.
#include <cstdint>

namespace presentations {

// What networks.brian.schedule.Schedule holds; `presentations` is how many there are.
struct Schedule {
    int64_t presentations;
    const int64_t* begin;
    const int64_t* durations;
    const int64_t* keys;
    const int64_t* first;
    const int32_t* indices;
    const double* table;
};

const uint64_t GAMMA = 0x9E3779B97F4A7C15u;

inline uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

// Write the input neurons that spike in step n of a presentation to `spikes`; return their number.
inline int64_t poisson(const Schedule& schedule, int64_t number, int64_t n, int64_t features, int32_t* spikes)
{
    const uint64_t key = mix((uint64_t)schedule.keys[number] + GAMMA * (n + 1));
    uint64_t counter = key;
    int64_t count = 0;
    int32_t neuron = 0;
    for (int64_t word = schedule.first[number]; word < schedule.first[number + 1]; word++) {
        const double* rates = schedule.table + schedule.indices[word] * features;
        for (int64_t feature = 0; feature < features; feature++) {
            counter += GAMMA;
            // The upper 53 bits are as many as a double holds.
            const double u = (int64_t)(mix(counter) >> 11) * (1.0 / 9007199254740992.0);
            spikes[count] = neuron++;
            count += u < rates[feature];
        }
    }
    return count;
}

// The same for given spikes. `done` counts the steps with input of all presentations before.
inline int64_t given(const Schedule& schedule, int64_t done, int64_t n, int32_t* spikes)
{
    const int64_t first = schedule.first[done + n], end = schedule.first[done + n + 1];
    for (int64_t s = first; s < end; s++)
        spikes[s - first] = schedule.indices[s];
    return end - first;
}

}  // namespace presentations
