{# USES_VARIABLES { w, events, _target, _source_start, _source_stop, _window, _maps, _target_start,
                    _targets } #}
{# WRITES_TO_READ_ONLY_VARIABLES { events } #}
{% extends 'common_group.cpp' %}

{% block extra_headers %}
{% include 'convolve.h' %}
{% endblock %}

{% block maincode %}
    {% set _spikes = get_array_name(spike_variable) %}
    {{events}} += shared_weights::pool(
        {{_spikes}}, {{_spikes}}[_num{{spike_variable.name}} - 1], _source_start, _source_stop,
        {{w}}[0], _window, _maps, {{_target}} + _target_start, _targets);
{% endblock %}
