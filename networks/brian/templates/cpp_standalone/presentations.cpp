{# USES_VARIABLES { N, _features, _spikespace, presentation, sweep, step, left, more, saved, t_in_timesteps, t, dt } #}
{# WRITES_TO_READ_ONLY_VARIABLES { presentation, sweep, step, left, more } #}
{% extends 'common_group.cpp' %}

{% block extra_headers %}
#include <cstdlib>
#include <vector>
{% include 'present.h' %}

namespace {

// The arrays of a schedule as its file has them: of each its length, then its values.
struct File {
    std::vector<int64_t> begin, durations, keys, first;
    std::vector<int32_t> indices;
    std::vector<double> table;
    presentations::Schedule schedule;

    explicit File(const char* path) : stream(path, std::ios::binary)
    {
        read(begin);
        read(durations);
        read(keys);
        read(first);
        read(indices);
        read(table);
        if (!stream) {
            std::cerr << "cannot read " << path << std::endl;
            std::exit(1);
        }
        const presentations::Schedule all = {
            (int64_t)durations.size(), begin.data(), durations.data(), keys.data(),
            first.data(), indices.data(), table.data()};
        schedule = all;
    }

    template <class T> void read(std::vector<T>& values)
    {
        int64_t size = 0;
        stream.read(reinterpret_cast<char*>(&size), sizeof(size));
        values.resize(size);
        stream.read(reinterpret_cast<char*>(values.data()), size * sizeof(T));
    }

    std::ifstream stream;
};

// Whoever reads the output of the program sees how far it has come, and that it came to the end.
void report(int64_t done)
{
    std::cout << done << std::endl;
}

}  // namespace
{% endblock %}

{% block maincode %}
    static const File file("{{file}}");
    static int64_t done = 0;
    const presentations::Schedule& schedule = file.schedule;
    const int64_t now = {{t_in_timesteps}} + {{saved}};
    int64_t number = {{presentation}};
    if (number + 1 < schedule.presentations && now >= schedule.begin[number + 1]) {
        done += schedule.durations[number];
        {{presentation}} = ++number;
    }
    const int64_t since = now - schedule.begin[number];
    const int64_t in_sweep = since / schedule.durations[number];
    const int64_t in_step = since % schedule.durations[number];
    {{sweep}} = in_sweep;
    {{step}} = in_step;
    {{left}} = schedule.begin[number + 1] - 1 - now;
    {{more}} = schedule.presentations - 1 - number;
    {% for seen, space in watched.values() %}
    {% set saw = get_array_name(variables[seen]) %}
    {{saw}}[0] = now > 0 && ({{saw}}[0] || {{get_array_name(variables[space])}}[_num{{space}} - 1] > 0);
    {% endfor %}
    if (since == 0) {
        {% for name, value in cleared %}
        for (size_t neuron = 0; neuron < _num{{name}}; neuron++)
            {{get_array_name(variables[name])}}[neuron] = {{get_array_name(variables[value]) ~ "[neuron]" if value is string else value}};
        {% endfor %}
        {% for name in emptied %}
        {{get_array_name(variables[name])}}[_num{{name}} - 1] = 0;
        {% endfor %}
        report(number);
    }
    {{_spikespace}}[N] = {% for one in fires %}in_sweep != {{one}}{{" && " if not loop.last}}{% endfor %} ? 0 :
        {% if poisson %}
        presentations::poisson(schedule, number, in_step, _features, {{_spikespace}});
        {% else %}
        presentations::given(schedule, done, in_step, {{_spikespace}});
        {% endif %}
    // The duration of the run is part of the program, so the end of the input ends the run instead.
    if (now + 1 >= schedule.begin[schedule.presentations]) {
        {{clock_name}}.set_interval({{t}}, ({{t_in_timesteps}} + 1) * {{dt}});
        report(schedule.presentations);
    }
{% endblock %}

{% block after_code %}
    {% for seen, space in watched.values() %}
    {{get_array_name(variables[seen])}}[0] |= {{get_array_name(variables[space])}}[_num{{space}} - 1] > 0;
    {% else %}
    // EMPTY_CODE_BLOCK
    {% endfor %}
{% endblock %}
