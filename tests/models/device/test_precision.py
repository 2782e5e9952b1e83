"""What is float32 in any model: types, norms of small vectors, large counts."""

import pytest
import torch

from glipv2.models.device.precision import at_least_float32, count_of, unit_vectors

HALVES = (torch.float16, torch.bfloat16)


@pytest.mark.parametrize(
    ('given', 'expected'),
    [(half, torch.float32) for half in HALVES]
    + [(torch.float32, torch.float32), (torch.float64, torch.float64)],
)
def test_halves_become_float32_and_doubles_stay(given, expected) -> None:
    x = torch.ones(2, 3, dtype=given)
    assert at_least_float32(x).dtype == expected
    assert unit_vectors(x).dtype == expected
    assert count_of(3, x).dtype == expected


def test_doubles_keep_all_their_digits() -> None:
    x = torch.randn(5, 7, dtype=torch.float64)
    assert at_least_float32(x) is x
    expected = x / x.square().sum(1, keepdim=True).sqrt()
    torch.testing.assert_close(unit_vectors(x), expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize('dtype', HALVES)
@pytest.mark.parametrize('size', [1e-4, 1.0, 3e4])  # squares leave float16's range
def test_unit_vectors_of_halves_have_length_one(dtype, size) -> None:
    x = (torch.randn(50, 8).clamp(-2, 2) * size).to(dtype)
    torch.testing.assert_close(unit_vectors(x).norm(dim=1), torch.ones(50))


@pytest.mark.parametrize('dtype', [*HALVES, torch.float32, torch.float64])
def test_a_vector_of_zeros_stays_one(dtype) -> None:
    """Words of a shorter prompt are padded with zeros."""
    assert (unit_vectors(torch.zeros(2, 4, dtype=dtype)) == 0).all()


@pytest.mark.parametrize('dtype', HALVES)
@pytest.mark.parametrize('number', [1001, 65_505, 1_000_001])
def test_counts_are_exact(dtype, number) -> None:
    assert count_of(number, torch.zeros(1, dtype=dtype)).item() == number
