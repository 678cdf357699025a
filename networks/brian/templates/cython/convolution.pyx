{# USES_VARIABLES { w, events, _target, _source_start, _positions, _features, _width, _maps, _stride,
                    _padding, _target_start, _windows } #}
{% extends 'common_group.pyx' %}

{% block template_support_code %}
cdef extern from *:
    """
{% include 'convolve.h' %}
    """
    int64_t convolve "shared_weights::convolve" [T](
        const int32_t*, int64_t, int64_t, int64_t, const T*, int64_t, int64_t, int64_t, int64_t,
        int64_t, T*, int64_t)
{% endblock %}

{% block maincode %}
    {% set _spikes = get_array_name(spike_variable) %}
    {{events}} += convolve(
        {{_spikes}}, {{_spikes}}[_num{{_spikes}} - 1], _source_start, _positions,
        {{w}}, _features, _width, _maps, _stride, _padding, {{_target}} + <int64_t>_target_start, _windows)
{% endblock %}
