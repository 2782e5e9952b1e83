"""Defaults of the call, the commands and the page; read by ``glipv2_cli``, too.

Without imports: ``glipv2 --help`` reads this file alone.
"""

SCORE = 0.3  # least score of a box; our choice
MAX_MEGAPIXELS = 80  # our choice: twice a large camera's image
MODEL = 'emoji'  # of a command without --model
FORMATS = ('text', 'jsonl', 'json', 'csv', 'coco', 'hf')  # of results
