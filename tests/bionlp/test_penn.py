"""NLTK's tokenizer alone, and NLTK after it."""

import subprocess
import sys

from nltk.tokenize import NLTKWordTokenizer

from bionlp.penn import word_tokenizer

TEXT = "I can't say \"hello\" (or ``hi'') to the U.S.; it's $3.50, isn't it?"


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_it_is_the_tokenizer_of_nltk_where_that_was_imported():
    assert type(word_tokenizer()) is NLTKWordTokenizer


def test_alone_it_cuts_as_in_nltk():
    code = f"""
import sys
from bionlp.penn import word_tokenizer
words = word_tokenizer().tokenize({TEXT!r})
print([name for name in sys.modules if name.split(".")[0] in ("nltk", "scipy", "numpy")])
print(words)
"""
    assert run(code) == ["[]", str(NLTKWordTokenizer().tokenize(TEXT))]


def test_nltk_can_be_imported_whole_afterwards():
    code = """
from bionlp.penn import word_tokenizer
word_tokenizer()
import nltk
from nltk.tokenize import NLTKWordTokenizer
print(nltk.tokenize.destructive.NLTKWordTokenizer is NLTKWordTokenizer)
print(type(word_tokenizer()) is NLTKWordTokenizer, len(nltk.tokenize.word_tokenize.__doc__) > 0)
"""
    assert run(code) == ["True", "True True"]
