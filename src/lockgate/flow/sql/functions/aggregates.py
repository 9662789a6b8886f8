"""Aggregates: the first argument is folded; some take one that only decides.

`min`, `max`, `first`, lists and the like hand single values on; statistics mix them. Either
way the result is made of the values, so they are direct; which of them may be released under
a number of subjects is not decided here.
"""

from __future__ import annotations

NAMES = frozenset(
    """
    any_value approx_count_distinct arbitrary array_agg avg bit_and bit_or bit_xor bool_and
    bool_or corr count count_if countif covar_pop covar_samp entropy favg first fsum geomean
    geometric_mean group_concat histogram json_group_array json_group_object kahan_sum kurtosis
    kurtosis_pop last list listagg mad max mean median min mode product regr_avgx regr_avgy
    regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy sem skewness stddev
    stddev_pop stddev_samp string_agg sum sum_no_overflow sumkahan var_pop var_samp variance
    wavg weighted_avg
    """.split()
)

_SECOND = frozenset({1, 2})

# arg_max(x, by, n): x of the row where `by` is greatest; quantile(x, which).
DECIDING = dict.fromkeys(
    """
    approx_quantile approx_top_k arg_max arg_max_null arg_max_nulls_last arg_min arg_min_null
    arg_min_nulls_last argmax argmin max_by min_by quantile quantile_cont quantile_disc
    """.split(),
    _SECOND,
)

# quantile_cont(0.5 ORDER BY x): with an order, their one argument is the fraction.
QUANTILES = frozenset(("quantile_cont", "quantile_disc"))

# What `f(…) WITHIN GROUP (ORDER BY x)` is called, and how many arguments it takes before the order.
WITHIN_GROUP = {
    "percentile_cont": ("quantile_cont", 1),
    "percentile_disc": ("quantile_disc", 1),
    "mode": ("mode", 0),
}
