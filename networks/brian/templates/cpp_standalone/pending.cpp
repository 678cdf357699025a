{# USES_VARIABLES { _pending, _pending_steps, _source_start, _source_stop, _delay, t_in_timesteps } #}
{# WRITES_TO_READ_ONLY_VARIABLES { _pending_steps } #}
{% extends 'common_group.cpp' %}

{% block extra_headers %}
{% include 'pending.h' %}
{% endblock %}

{% block maincode %}
    {% set _spikes = get_array_name(spike_variable) %}
    shared_weights::keep(
        {{_spikes}}, {{_spikes}}[_num{{spike_variable.name}} - 1], _source_start, _source_stop, _delay,
        {{t_in_timesteps}}, {{_pending}}, {{_pending_steps}});
{% endblock %}
