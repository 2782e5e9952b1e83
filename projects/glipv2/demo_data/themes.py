"""Ten small sets around one theme each, as ODinW's: some emoji known, some new."""

THEMES: dict[str, tuple[str, ...]] = {
    'food': ('pizza', 'hamburger', 'doughnut', 'sandwich', 'taco', 'sushi', 'pretzel'),
    'fruit': ('red apple', 'lemon', 'pear', 'cherries', 'kiwifruit', 'tangerine'),
    'animals': (
        'dog face', 'tiger face', 'cat face', 'fox face', 'mouse face', 'koala',
    ),
    'birds': ('penguin', 'owl', 'duck', 'eagle', 'parrot', 'flamingo'),
    'sea': ('octopus', 'squid', 'crab', 'dolphin', 'shark', 'tropical fish'),
    'vehicles': ('red car', 'bus', 'bicycle', 'taxi', 'ambulance', 'tractor'),
    'clocks': (
        'alarm clock', 'stopwatch', 'timer clock', 'mantelpiece clock', 'watch',
    ),
    'hearts': (
        'red heart', 'green heart', 'blue heart', 'purple heart', 'yellow heart',
        'broken heart',
    ),
    'music': ('guitar', 'trumpet', 'violin', 'saxophone', 'accordion', 'banjo'),
    'sports': (
        'soccer ball', 'basketball', 'baseball', 'volleyball', 'american football',
        'tennis racquet and ball',
    ),
}  # fmt: skip
