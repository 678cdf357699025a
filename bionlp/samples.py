"""Sentences to try a model on when a user has given none. None of them is from a dataset."""

SAMPLES = {
    "en": (
        "a gripping , funny and moving film",
        "the worst , most boring film of the year",
        "the actors are wonderful and the story is full of charm",
        "a dull script , wooden acting and not a single laugh",
    ),
    "zh": (
        "味道很好，送餐也很快",
        "等了两个小时，饭都凉了，太差了",
        "分量足，包装干净，下次还会点",
        "菜里有头发，态度又差，再也不会点了",
    ),
}
