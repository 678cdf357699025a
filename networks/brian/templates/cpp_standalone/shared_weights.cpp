{# USES_VARIABLES { w, events, _geometry, _target, _target_start, _source_start, _source_stop, _delay,
                    t_in_timesteps } #}
{# WRITES_TO_READ_ONLY_VARIABLES { events } #}
{% extends 'common_group.cpp' %}

{% block extra_headers %}
{% include 'convolve.h' %}
{% include 'pending.h' %}
{% endblock %}

{% block maincode %}
    {% if delayed %}
    const int32_t* _due = shared_weights::due(
        {{_pending}}, {{_pending_steps}}, _source_stop - _source_start, _delay, {{t_in_timesteps}});
    const int32_t* _spikes = _due + 1;
    const int64_t _count = _due[0];
    {% else %}
    const int32_t* _spikes = {{get_array_name(spike_variable)}};
    const int64_t _count = _spikes[_num{{spike_variable.name}} - 1];
    {% endif %}
    {% if refractory %}
    const char* _may_receive = {{_receives}} + _target_start;
    {% else %}
    const char* _may_receive = 0;
    {% endif %}
    {{events}} += shared_weights::{{function}}(
        _spikes, _count, {{_geometry}}, {{w}}, {{_target}} + _target_start, _may_receive);
{% endblock %}
