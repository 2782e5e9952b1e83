"""Reading weights, and what they say of themselves, without running their code."""
