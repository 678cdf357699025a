{# USES_VARIABLES { w, events, _target, _source_start, _source_stop, _window, _maps, _target_start,
                    _targets } #}
{% extends 'common_group.pyx' %}

{% block template_support_code %}
cdef extern from *:
    """
{% include 'convolve.h' %}
    """
    int64_t pool "shared_weights::pool" [T](
        const int32_t*, int64_t, int64_t, int64_t, T, int64_t, int64_t, T*, int64_t)
{% endblock %}

{% block maincode %}
    {% set _spikes = get_array_name(spike_variable) %}
    {{events}} += pool(
        {{_spikes}}, {{_spikes}}[_num{{_spikes}} - 1], _source_start, _source_stop,
        {{w}}[0], _window, _maps, {{_target}} + <int64_t>_target_start, _targets)
{% endblock %}
