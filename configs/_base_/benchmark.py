"""Zero-shot tests, and GLIP's fine-tuning on COCO and LVIS (docs/benchmarks.md).

GLIP and GLIPv2 do not say how they tune on LVIS: there, it is FIBER's length and rate
(the same code base), without its moving average of the weights.
"""

_base_ = ['./schedules/glip_coco_2x.py', './default_runtime.py']
