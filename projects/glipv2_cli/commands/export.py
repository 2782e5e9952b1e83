"""``glipv2 export``: a file that runs without mmdet."""

from ..scripts import ScriptCommand

command = ScriptCommand(
    'export',
    script='deployment/export.py',
    usage='CONFIG CHECKPOINT',
    summary='Write a model with its text as a file that runs without mmdet.',
    options={
        '--texts TEXT': 'Names ("a . b ."), or a sentence.  [default: --texts-file]',
        '--texts-file FILE': 'A file with one name a line.  [default: --texts]',
        '--out FILE': 'The file to write.  [default: below work_dirs/export]',
        '--format [onnx|torch|aoti|openvino]': 'Of the file.  [default: onnx]',
        '--dynamic': 'Take images of any size.',
        '--size H W': 'Take images of this size, pixels.  [default: --dynamic]',
        '--half': 'Compute in float16.',
        '--int8': 'Quantise matrix products; openvino: and convolutions.',
        '--calibrate FOLDER': "Images for openvino's int8.  [default: none]",
        '--chunked-size N': "Most names of a prompt.  [default: the model's]",
    },
    examples=(
        'CONFIG CHECKPOINT --texts "red apple . dog face" --dynamic --out model.onnx',
    ),
)
