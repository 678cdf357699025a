{# USES_VARIABLES { N, _fired, votes, _spikespace, left, more, saved } #}
{% extends 'common_group.pyx' %}

{% block maincode %}
    {% set fired = get_array_name(variables["_fired"]) %}
    {% set count = get_array_name(variables["votes"]) %}
    cdef size_t spike, group
    cdef int64_t first = -1, second = -1, here
    for spike in range({{fired}}[_num{{fired}} - 1]):
        {{count}}[{{fired}}[spike] // {{neurons}}] += 1
    for group in range(_num{{count}}):
        here = {{count}}[group]
        if here > first:
            second = first
            first = here
        elif here > second:
            second = here
    cdef bint over = {{left}} == 0 or first - second >= {{margin}}
    {{_spikespace}}[0] = 0
    {{_spikespace}}[1] = over
    if over:
        {{saved}} += {{left}}
        if {{more}} == 0:
            import brian2
            brian2.stop()
{% endblock %}
