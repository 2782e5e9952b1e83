"""Word features kept between calls: never wrong, never stale, never too many."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
import torch

from glipv2.models import TextEncoder
from glipv2.models.language_models.text_cache import TextCache
from glipv2.text.prompt import prompt_from_names
from tests.tiny import TEXT_SOURCE

PROMPTS = [
    prompt_from_names(names)
    for names in (['dog', 'hot dog'], ['a much longer name', 'car', 'cart'], ['tree'])
]


class Counted:
    """An encoder in evaluation mode that counts what its transformer is given."""

    def __init__(self, **options: object) -> None:
        self.encoder = TextEncoder(TEXT_SOURCE, max_tokens=64, **options).eval()
        self.prompts = 0
        self.encoder.model.register_forward_hook(self._count, with_kwargs=True)

    def _count(self, module: object, args: tuple, kwargs: dict, out: object) -> None:
        self.prompts += len(kwargs['input_ids'])

    @torch.no_grad()
    def encode(self, prompts: list) -> torch.Tensor:
        """Encode; gives the real words' features."""
        words, _ = self.encoder.encode(prompts)
        return words.features[words.mask]


def test_a_known_prompt_is_not_encoded_again() -> None:
    counted, fresh = Counted(), Counted(cache_size=0)
    fresh.encoder.load_state_dict(counted.encoder.state_dict())
    first = counted.encode(PROMPTS[:1])
    mixed = counted.encode([PROMPTS[1], PROMPTS[0], PROMPTS[2], PROMPTS[0]])
    assert counted.prompts == 3
    expected = fresh.encode([PROMPTS[1], PROMPTS[0], PROMPTS[2], PROMPTS[0]])
    torch.testing.assert_close(mixed, expected)
    torch.testing.assert_close(first, fresh.encode(PROMPTS[:1]))
    assert fresh.prompts == 3 + 1


def test_changed_weights_are_seen() -> None:
    counted = Counted()
    before = counted.encode(PROMPTS)
    weight = next(counted.encoder.model.parameters())
    with torch.no_grad():
        weight.add_(0.1)  # as an optimiser does
    stepped = counted.encode(PROMPTS)
    assert not torch.equal(before, stepped)
    state = {key: x + 0.1 for key, x in counted.encoder.state_dict().items()}
    counted.encoder.load_state_dict(state)
    loaded = counted.encode(PROMPTS)
    assert not torch.equal(stepped, loaded)
    weight.data.mul_(0.5)  # as mmengine's EMA does; leaves no trace in the tensor
    counted.encoder.train().eval()
    assert not torch.equal(loaded, counted.encode(PROMPTS))
    assert counted.prompts == 4 * len(PROMPTS)


def test_training_neither_reads_nor_fills_the_cache() -> None:
    counted = Counted()
    words, _ = counted.encoder.encode(PROMPTS)
    assert words.features.requires_grad
    counted.encoder.train()
    counted.encode(PROMPTS)
    assert len(counted.encoder.cache) == 0
    assert counted.prompts == 2 * len(PROMPTS)


def test_precision_is_part_of_the_state() -> None:
    counted = Counted()
    plain = counted.encode(PROMPTS)
    with torch.autocast('cpu', torch.bfloat16):
        half = counted.encode(PROMPTS)
    assert not torch.equal(plain, half.float())
    torch.testing.assert_close(counted.encode(PROMPTS), plain)


def test_the_least_recently_used_prompt_is_dropped() -> None:
    cache = TextCache(2)
    for text in 'ab':
        cache.put(1, text, torch.ones(1))
    assert cache.get(1, 'a') is not None
    cache.put(1, 'c', torch.ones(1))
    assert cache.get(1, 'b') is None
    assert cache.get(1, 'a') is not None
    assert len(cache) == 2
    assert cache.get(2, 'a') is None
    cache.put(2, 'b', torch.ones(1))
    assert len(cache) == 1
    assert cache.get(1, 'a') is None


def test_threads_share_a_cache() -> None:
    """Too small a cache, so that entries go between a look-up and its use."""
    cache, size = TextCache(2), 200

    def use(number: int) -> None:
        for step in range(size):
            state, text = (number + step) % 2, 'abcd'[step % 4]
            found = cache.get(state, text)
            assert found is None or int(found) == 10 * state + ord(text)
            cache.put(state, text, torch.tensor(10 * state + ord(text)))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(use, range(60)))
    assert len(cache) <= 2


def test_threads_encode_the_same_as_one() -> None:
    counted = Counted(cache_size=1)
    expected = [counted.encode([prompt]) for prompt in PROMPTS]

    def use(number: int) -> torch.Tensor:
        return counted.encode([PROMPTS[number % 3]])

    with ThreadPoolExecutor(6) as pool:
        for number, found in enumerate(pool.map(use, range(60))):
            torch.testing.assert_close(found, expected[number % 3])


@pytest.mark.parametrize('copy', [deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_starts_empty(copy: object) -> None:
    cache = TextCache(2)
    cache.put(1, 'a', torch.ones(1))
    assert len(copy(cache)) == 0
    assert copy(cache).size == 2
