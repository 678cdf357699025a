import itertools

import pytest

from bionlp.workers import AHEAD, Processes, in_order


class Squares:
    """Work that remembers whether it was closed."""

    caches = ()
    closed = False

    def do(self, number):
        return number**2

    def close(self):
        self.closed = True


@pytest.mark.parametrize("count", [1, 2])
def test_results_have_the_numbers_of_their_tasks(count):
    done = dict(Processes(count).run(Squares(), ((number,) for number in range(20))))
    assert done == {number: number**2 for number in range(20)}


def test_there_may_be_no_task():
    assert list(Processes(2).run(Squares(), [])) == []


def test_tasks_are_taken_a_few_ahead():
    taken = []

    def tasks():
        for number in itertools.count():
            taken.append(number)
            yield (number,)

    results = in_order(Processes(2).run(Squares(), tasks()))
    for number in range(30):
        assert next(results) == number**2
        assert len(taken) <= number + 1 + 2 * AHEAD
    results.close()


def test_work_is_closed_when_all_is_done_or_nobody_wants_more():
    for wanted in (1, 3):
        work = Squares()
        done = Processes().run(work, [(1,), (2,)])
        assert len(list(itertools.islice(done, wanted))) == min(wanted, 2)
        done.close()
        assert work.closed


def test_results_are_put_in_order():
    for numbers in itertools.permutations(range(4)):
        assert list(in_order((number, str(number)) for number in numbers)) == list("0123")
