"""``glipv2 video``: an annotated video."""

from ..scripts import ScriptCommand

command = ScriptCommand(
    'video',
    script='demo/video_demo.py',
    usage='VIDEO MODEL [CHECKPOINT]',
    summary='Annotate a video, a camera (0) or a stream; JSON lines beside it.',
    options={
        '--texts TEXT': 'Names ("a . b ."), a sentence or a question.  [default: none]',
        '--task TASK': 'Of the model.  [default: by the text]',
        '--out FILE': 'The video to write.  [default: outputs/video.mp4]',
        '--every N': 'Compute every N-th frame; others repeat.  [default: 1]',
        '--max-frames N': 'Frames to write.  [default: to the end]',
        '--track': 'Give boxes ids through the video.',
        '--colour-by-id': 'A tracked object keeps a colour of its own.',
        '--one-name-per-place': 'Of boxes that overlap only the best stays.',
        '--pred-score-thr X': 'Least score of a box, 0 to 1.  [default: 0.3]',
        '--device DEVICE': 'Such as cpu or cuda:0.  [default: a GPU if there is one]',
        '--batch-size N': 'Frames computed at once.  [default: 1]',
    },
    examples=(
        'clip.mp4 emoji --texts "red apple . dog face" --track',
        '0 emoji --texts "red apple" --max-frames 500',
    ),
)
