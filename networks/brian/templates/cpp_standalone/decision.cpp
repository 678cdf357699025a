{# USES_VARIABLES { N, _fired, votes, _spikespace, left, more, saved, t, t_in_timesteps, dt } #}
{% extends 'common_group.cpp' %}

{% block maincode %}
    {% set fired = get_array_name(variables["_fired"]) %}
    {% set count = get_array_name(variables["votes"]) %}
    int64_t first = -1, second = -1;
    for (int32_t spike = 0; spike < {{fired}}[_num_fired - 1]; spike++)
        {{count}}[{{fired}}[spike] / {{neurons}}]++;
    for (size_t group = 0; group < _numvotes; group++) {
        const int64_t votes = {{count}}[group];
        if (votes > first) {
            second = first;
            first = votes;
        } else if (votes > second)
            second = votes;
    }
    const bool over = {{left}} == 0 || first - second >= {{margin}};
    {{_spikespace}}[0] = 0;
    {{_spikespace}}[1] = over;
    if (over) {
        const bool early = {{left}} > 0;
        {{saved}} += {{left}};
        // Where all was presented, the input group has ended the run.
        if (early && {{more}} == 0) {
            {{clock_name}}.set_interval({{t}}, ({{t_in_timesteps}} + 1) * {{dt}});
            std::cout << "decided" << std::endl;
        }
    }
{% endblock %}
