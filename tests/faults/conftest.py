"""How many examples hypothesis tries: few and always the same, or a `long` search."""

from hypothesis import settings

settings.register_profile(
    'short', max_examples=150, derandomize=True, deadline=None, database=None
)
settings.register_profile('long', max_examples=20_000, deadline=None, database=None)
settings.load_profile('short')
