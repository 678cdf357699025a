{# USES_VARIABLES { w, events, _geometry, _target, _target_start, _source_start, _source_stop, _delay,
                    t_in_timesteps } #}
{% extends 'common_group.pyx' %}

{% block template_support_code %}
cdef extern from *:
    """
{% include 'convolve.h' %}
{% include 'pending.h' %}
    """
    const int32_t* due "shared_weights::due" (const int32_t*, const int64_t*, int64_t, int64_t, int64_t)
    int64_t deliver "shared_weights::{{function}}" [T](
        const int32_t*, int64_t, const int64_t*, const T*, T*, const char*)
{% endblock %}

{% block maincode %}
    {% if delayed %}
    cdef const int32_t* _due = due(
        {{_pending}}, {{_pending_steps}}, _source_stop - _source_start, _delay, {{t_in_timesteps}})
    cdef const int32_t* _spikes = _due + 1
    cdef int64_t _count = _due[0]
    {% else %}
    {% set _spikes = get_array_name(spike_variable) %}
    cdef const int32_t* _spikes = {{_spikes}}
    cdef int64_t _count = {{_spikes}}[_num{{_spikes}} - 1]
    {% endif %}
    {% if refractory %}
    cdef const char* _may_receive = <const char*>{{_receives}} + <int64_t>_target_start
    {% else %}
    cdef const char* _may_receive = NULL
    {% endif %}
    {{events}} += deliver(
        _spikes, _count, {{_geometry}}, {{w}}, {{_target}} + <int64_t>_target_start, _may_receive)
{% endblock %}
