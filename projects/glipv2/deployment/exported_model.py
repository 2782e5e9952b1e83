"""Running an exported file, for checks and measurements."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from ..engine.compute_in import check_precision
from .description import KEY, read_description
from .signal_stack import kept_signal_stack
from .torch_version import check_torch

COMPILED = 'aotinductor'  # folder of a package that AOTInductor wrote
HINTS = dict(fp32='f32', bf16='bf16')  # in OpenVINO's words
FATAL = 4  # of onnxruntime's levels; its errors are raised, too


class ExportedModel:
    """Runs a file on the CPU: ONNX with onnxruntime, OpenVINO's, or a torch file.

    Args:
        path: The file, ``.onnx``, ``.xml`` or ``.pt2``.
        threads: Threads to compute with; None: torch's number.
        trust_code: Whether a torch file may be read. torch evaluates what is in it, and
            a compiled one is machine code; the others are data.
        precision: Of an OpenVINO file: ``'fp32'``, ``'bf16'``, or ``'auto'``, what
            OpenVINO finds fastest on this processor.

    Attributes:
        description: The file's metadata.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If there is no such precision; if the file is damaged, of another
            kind or was not written by glipv2; or if it may run code and is not trusted.
        ImportError: If torch is too old for a torch file, or openvino is missing.
    """

    def __init__(
        self,
        path: Path,
        threads: int | None = None,
        trust_code: bool = False,
        precision: str = 'fp32',
    ) -> None:
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f'there is no exported file {path}')
        if path.suffix == '.onnx':
            self._load_onnx(path, threads or torch.get_num_threads())
        elif path.suffix == '.xml':
            self._load_openvino(path, threads or torch.get_num_threads(), precision)
        elif path.suffix == '.pt2':
            if not trust_code:
                raise ValueError(
                    f'{path} is refused: reading a torch file may run code that is in '
                    'it. If you trust where it comes from: --trust-code, in Python '
                    'trust_code=True'
                )
            self._load_torch(path)
        else:
            raise ValueError(
                f'an exported file ends in .onnx, .xml or .pt2, not as {path}'
            )

    def _load_onnx(self, path: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = FATAL
        try:
            session = onnxruntime.InferenceSession(
                path, options, providers=['CPUExecutionProvider']
            )
            found = session.get_modelmeta().custom_metadata_map.get(KEY)
        except Exception as error:  # onnxruntime's errors have no common base
            reason = str(error).split('\n')[0]
            raise ValueError(f'{path} is no ONNX model that runs: {reason}') from error
        self.description = read_description(path, found)

        def run(*inputs: np.ndarray) -> list[np.ndarray]:
            return session.run(None, dict(zip(self.description['inputs'], inputs)))

        self._run = run

    def _load_openvino(self, path: Path, threads: int, precision: str) -> None:
        try:
            import openvino
        except ImportError as error:
            raise ImportError(
                f'{path} needs openvino; run: pip install openvino'
            ) from error
        settings: dict[str, object] = {'INFERENCE_NUM_THREADS': threads}
        if check_precision(precision) != 'auto':
            settings['INFERENCE_PRECISION_HINT'] = HINTS[precision]
        core = openvino.Core()
        try:
            model = core.read_model(path)
            found = model.get_rt_info(KEY).value if model.has_rt_info(KEY) else None
            self.description = read_description(path, found)
            with kept_signal_stack():
                compiled = core.compile_model(model, 'CPU', settings)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise ValueError(
                f'{path} is no OpenVINO model that runs: {reason}'
            ) from error

        def run(*inputs: np.ndarray) -> list[np.ndarray]:
            found = compiled(dict(zip(self.description['inputs'], inputs)))
            return [found[name] for name in self.description['outputs']]

        self._run = run

    def _load_torch(self, path: Path) -> None:
        check_torch('running a torch file')
        with zipfile.ZipFile(path) as archive:
            compiled = any(COMPILED in name for name in archive.namelist())
        if compiled:
            module = torch._inductor.aoti_load_package(str(path))
            content = module.get_metadata().get(KEY)
        else:
            files = {KEY: ''}
            module = torch.export.load(path, extra_files=files).module()
            content = files[KEY]
        self.description = read_description(path, content)

        def run(*inputs: np.ndarray) -> list[np.ndarray]:
            with torch.no_grad():
                found = module(*map(torch.from_numpy, inputs))
            found = found if isinstance(found, (tuple, list)) else [found]
            return [x.numpy() for x in found]

        self._run = run

    def __call__(
        self,
        image: np.ndarray,
        scale_factor: tuple[float, float] = (1.0, 1.0),
        tokens: Sequence[int] = (),
    ) -> dict[str, np.ndarray]:
        """Run one image.

        Args:
            image: (H, W, 3) uint8 RGB, or as the file was written.
            scale_factor: Width and height of ``image`` over the original image's.
            tokens: Ids of a question, for a VQA file.

        Returns:
            The graph's outputs by name.

        Raises:
            ValueError: If the graph takes no image of this size.
        """
        self._check_size(image)
        known = dict(
            image=np.ascontiguousarray(image),
            scale_factor=np.asarray(scale_factor, dtype=np.float32),
            tokens=np.asarray(tokens, dtype=np.int64),
        )
        inputs = [known[name] for name in self.description['inputs']]
        return dict(zip(self.description['outputs'], self._run(*inputs)))

    def _check_size(self, image: np.ndarray) -> None:
        sides = image.shape[:2] if self.description['preprocess'] else image.shape[-2:]
        shown = f'an image of {sides[0]}x{sides[1]} pixels (height x width)'
        size, least = self.description['size'], self.description['min_size']
        if size is not None and list(sides) != size:
            raise ValueError(
                f'the file was exported for {size[0]}x{size[1]} only, not for {shown}; '
                'export it with --dynamic'
            )
        if min(sides) < least:
            raise ValueError(f'{shown} is too small; both sides need {least} or more')
