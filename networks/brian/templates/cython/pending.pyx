{# USES_VARIABLES { _pending, _pending_steps, _source_start, _source_stop, _delay, t_in_timesteps } #}
{% extends 'common_group.pyx' %}

{% block template_support_code %}
cdef extern from *:
    """
{% include 'pending.h' %}
    """
    void keep "shared_weights::keep" (
        const int32_t*, int64_t, int64_t, int64_t, int64_t, int64_t, int32_t*, int64_t*)
{% endblock %}

{% block maincode %}
    {% set _spikes = get_array_name(spike_variable) %}
    keep(
        {{_spikes}}, {{_spikes}}[_num{{_spikes}} - 1], _source_start, _source_stop, _delay,
        {{t_in_timesteps}}, {{_pending}}, {{_pending_steps}})
{% endblock %}
