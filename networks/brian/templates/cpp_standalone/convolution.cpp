{# USES_VARIABLES { w, events, _target, _source_start, _positions, _features, _width, _maps, _stride,
                    _padding, _target_start, _windows } #}
{# WRITES_TO_READ_ONLY_VARIABLES { events } #}
{% extends 'common_group.cpp' %}

{% block extra_headers %}
{% include 'convolve.h' %}
{% endblock %}

{% block maincode %}
    {% set _spikes = get_array_name(spike_variable) %}
    {{events}} += shared_weights::convolve(
        {{_spikes}}, {{_spikes}}[_num{{spike_variable.name}} - 1], _source_start, _positions,
        {{w}}, _features, _width, _maps, _stride, _padding, {{_target}} + _target_start, _windows);
{% endblock %}
