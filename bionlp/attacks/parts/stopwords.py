"""Words that an attack leaves alone: they carry a sentence's grammar, not its subject.

A replaced pronoun, article, auxiliary, conjunction, preposition, negation or clitic makes another
sentence, or none: ``not`` for ``now`` is no synonym. The lists hold these closed classes and
nothing else; how often a word is used does not matter. Punctuation marks and numbers are left
alone, too.
"""

from __future__ import annotations

from bionlp.errors import PartError
from bionlp.text import SEPARATOR

_ENGLISH = """
i you he she it we they me him her us them my your his its our their mine yours hers ours theirs
myself yourself himself herself itself ourselves yourselves themselves one oneself
this that these those who whom whose which what someone somebody something anyone anybody anything
everyone everybody everything nobody nothing none whoever whatever whichever
a an the some any each every either neither no all both half several many much few little more most
such other another own same
be am is are was were been being have has had having do does did doing done
can could may might must shall should will would ought need dare
ca wo sha 's 're 've 'll 'd 'm n't ' t s
not never nor
and or but if so yet because although though while whereas unless until since when whenever where
wherever whether than as lest once
of in to for with on at by from up about into over after beneath under above below between among
amongst against during without within through throughout across along around behind beside besides
beyond before down off out onto upon toward towards near per via despite except inside outside like
unlike than there here then how why too very just also only again further
"""
_CHINESE = """
我 你 您 他 她 它 我们 你们 他们 她们 它们 咱 咱们 自己 大家 谁 什么 哪 哪里 哪儿 怎么 怎样 怎么样
为什么 多少 几
这 那 这个 那个 这些 那些 这里 那里 这儿 那儿 这样 那样 这么 那么 每 各 某 另 其 其他 其它 此 该
的 地 得 了 着 过 吗 呢 吧 啊 呀 嘛 哦 哈 啦 么 所 之
是 有 在 会 能 能够 可以 可能 应该 应当 必须 要 想 愿意 敢 被 把 将 让 使 给 叫
不 没 没有 别 未 无 非 不是 不会 不能 莫 勿
和 与 跟 同 及 以及 或 或者 还是 但 但是 可是 不过 然而 而 而且 并 并且 因为 所以 因此 如果 要是
虽然 尽管 即使 只要
只有 除非 无论 不管 既 又 也 都 还 就 才 则 却 于是 然后
从 到 向 往 对 对于 关于 由 于 以 用 按 按照 为 为了 比 除了 随着 通过 根据 当 自 自从 至
离 上 下 里 中 内 外 前 后
个 只 些 一 两 第 等 等等 很 太 最 更 再
"""
STOPWORDS = {"en": frozenset(_ENGLISH.split()), "zh": frozenset(_CHINESE.split())}
"""The words of each language that are left alone."""


def is_place(word: str, language: str) -> bool:
    """Tell whether an attack may replace a word.

    Parameters
    ----------
    word : str
        A word, as :func:`bionlp.text.tokenize` gives it.
    language : {"en", "zh"}
        Its language.

    Returns
    -------
    bool
        Whether it is no function word, not without any letter, and not what parts two sentences.

    Raises
    ------
    PartError
        If there is no list for the language.
    """
    if language not in STOPWORDS:
        raise PartError(f"there are no stop words for {language!r}; choose one of en, zh")
    left_alone = word in STOPWORDS[language] or word == SEPARATOR
    return not left_alone and any(map(str.isalpha, word))
