"""``glipv2 serve``: the web page."""

from ..scripts import ScriptCommand

command = ScriptCommand(
    'serve',
    script='demo/web_demo.py',
    usage='[MODEL [CHECKPOINT]]',
    summary='Serve a web page for every task of a model.',
    options={
        '--host ADDRESS': '0.0.0.0: every machine may use it.  [default: 127.0.0.1]',
        '--port N': 'Of the page.  [default: 7860]',
        '--device DEVICE': 'Such as cpu or cuda:0.  [default: a GPU if there is one]',
        '--dtype TYPE': 'fp32, bf16, or auto.  [default: fp32]',
        '--max-upload SIZE': 'Largest file.  [default: 20mb]',
        '--max-megapixels X': 'Larger images are refused.  [default: 20]',
        '--pred-score-thr X': 'Least score of a box at first, 0 to 1.  [default: 0.3]',
    },
    examples=('', 'work_dirs/quickstart/quickstart.pth --port 8000'),
)
