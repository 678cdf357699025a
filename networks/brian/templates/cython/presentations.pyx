{# USES_VARIABLES { N, _features, _spikespace, presentation, sweep, step, left, more, saved, t_in_timesteps, _presentations } #}
{% extends 'common_group.pyx' %}

{% block template_support_code %}
cdef extern from *:
    """
{% include 'present.h' %}
    """
    cppclass Schedule "presentations::Schedule":
        int64_t presentations
        const int64_t* begin
        const int64_t* durations
        const int64_t* keys
        const int64_t* first
        const int32_t* indices
        const double* table
    int64_t poisson "presentations::poisson" (const Schedule&, int64_t, int64_t, int64_t, int32_t*)
    int64_t given "presentations::given" (const Schedule&, int64_t, int64_t, int32_t*)
{% endblock %}

{% block maincode %}
    cdef object data = _presentations.schedule
    cdef _numpy.ndarray begin = data.begin
    cdef _numpy.ndarray durations = data.durations
    cdef _numpy.ndarray keys = data.keys
    cdef _numpy.ndarray first = data.first
    cdef _numpy.ndarray indices = data.indices
    cdef _numpy.ndarray table = data.table
    cdef Schedule schedule
    schedule.presentations = len(durations)
    schedule.begin = <const int64_t*>_numpy.PyArray_DATA(begin)
    schedule.durations = <const int64_t*>_numpy.PyArray_DATA(durations)
    schedule.keys = <const int64_t*>_numpy.PyArray_DATA(keys)
    schedule.first = <const int64_t*>_numpy.PyArray_DATA(first)
    schedule.indices = <const int32_t*>_numpy.PyArray_DATA(indices)
    schedule.table = <const double*>_numpy.PyArray_DATA(table)

    if {{t_in_timesteps}} == 0:
        {{saved}} = 0
    cdef int64_t now = {{t_in_timesteps}} + {{saved}}
    cdef int64_t number = {{presentation}}
    cdef int64_t done = 0
    cdef int64_t before
    cdef size_t neuron
    if now == schedule.begin[0]:
        number = 0
        {{presentation}} = 0
    if number + 1 < schedule.presentations and now >= schedule.begin[number + 1]:
        number += 1
        {{presentation}} = number
    cdef int64_t since = now - schedule.begin[number]
    cdef int64_t in_sweep = since // schedule.durations[number]
    cdef int64_t in_step = since % schedule.durations[number]
    {{sweep}} = in_sweep
    {{step}} = in_step
    {{left}} = schedule.begin[number + 1] - 1 - now
    {{more}} = schedule.presentations - 1 - number
    {% for seen, space in watched.values() %}
    {% set saw, array = get_array_name(variables[seen]), get_array_name(variables[space]) %}
    {{saw}}[0] = now > 0 and ({{saw}}[0] or {{array}}[_num{{array}} - 1] > 0)
    {% endfor %}
    if since == 0:
        {% for name, value in cleared %}
        {% set array = get_array_name(variables[name]) %}
        for neuron in range(_num{{array}}):
            {{array}}[neuron] = {{get_array_name(variables[value]) ~ "[neuron]" if value is string else value}}
        {% endfor %}
        {% for name in emptied %}
        {% set array = get_array_name(variables[name]) %}
        {{array}}[_num{{array}} - 1] = 0
        {% endfor %}
        pass
    if {% for one in fires %}in_sweep != {{one}}{{" and " if not loop.last}}{% endfor %}:
        {{_spikespace}}[N] = 0
    else:
        {% if poisson %}
        {{_spikespace}}[N] = poisson(schedule, number, in_step, _features, {{_spikespace}})
        {% else %}
        for before in range(number):
            done += schedule.durations[before]
        {{_spikespace}}[N] = given(schedule, done, in_step, {{_spikespace}})
        {% endif %}
{% endblock %}

{% block after_code %}
    {% for seen, space in watched.values() %}
    {% set array = get_array_name(variables[space]) %}
    {{get_array_name(variables[seen])}}[0] |= {{array}}[_num{{array}} - 1] > 0
    {% else %}
    # EMPTY_CODE_BLOCK
    {% endfor %}
{% endblock %}
