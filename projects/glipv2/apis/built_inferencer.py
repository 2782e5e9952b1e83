"""BuiltInferencer: an inferencer's model, pipeline, visualiser and examples."""

from collections.abc import Callable

from mmdet.apis import DetInferencer
from mmdet.registry import VISUALIZERS
from mmengine.config import Config, ConfigDict
from mmengine.dataset import Compose, pseudo_collate
from mmengine.visualization import Visualizer
from torch import nn

from ..checkpoint.config import config_of
from ..checkpoint.example_bank import ExampleBank
from ..checkpoint.loading import load_checkpoint_safely
from ..engine.by_example.query_maker import QueryMaker
from ..engine.compute_in import compute_in
from ..engine.test_pipeline import build_loader, build_pipeline
from ..evaluation.calibration import Calibration
from ..renamed import refuse_old_names
from .calibrated import read_calibration
from .defaults import MAX_MEGAPIXELS
from .examples import GivenExamples, bank_of
from .inference import build_model
from .model_index import find_model
from .nothing_found import names_learnt


class BuiltInferencer(DetInferencer):
    """What mmdet's ``DetInferencer`` builds, from files that need no trust.

    A subclass sets ``random_weights`` and ``precision`` before it builds.
    """

    random_weights: bool
    precision: str

    def read_examples(
        self,
        examples: GivenExamples,
        max_megapixels: float = MAX_MEGAPIXELS,
        task: str | None = None,
    ) -> ExampleBank:
        """Look at examples, once for many calls.

        Args:
            examples: As in the call.
            max_megapixels: Larger images are refused.
            task: Of the calls.

        Returns:
            A bank, which calls take as ``examples``; its ``save`` writes it.

        Raises:
            OSError: If an image or file cannot be read.
            ValueError: If an example is unusable, the examples are of another model,
                or the model or the task reads none.
        """
        maker = QueryMaker(self.model, self.pipeline)
        return bank_of(examples, maker, self.load, max_megapixels, task)

    def _needed_calibration(self) -> Calibration:
        if self.calibration is None:
            raise ValueError(
                'these weights carry no calibration; '
                'tools/analysis_tools/calibrate.py fits one (docs/absence.md)'
            )
        return self.calibration

    def _init_model(
        self, cfg: Config | ConfigDict, weights: str | None, device: str = 'cpu'
    ) -> nn.Module:
        if weights is None and not self.random_weights:
            raise ValueError(
                'there are no weights for this model: give a checkpoint, or the name '
                "of a model with weights, such as 'emoji' (docs/weights.md: "
                'glipv2 weights list); a random model needs --random '
                '(random_weights=True)'
            )
        checkpoint = None if weights is None else load_checkpoint_safely(weights)
        self.learnt = names_learnt(checkpoint)
        self.calibration = read_calibration(checkpoint)
        if cfg:
            refuse_old_names(cfg)
        else:  # those of a checkpoint may be old: its data sets are not built
            cfg.update(config_of(checkpoint, weights).to_dict())
        model = build_model(cfg, checkpoint, device)
        self.precision = compute_in(model, self.precision)
        return model

    def _init_pipeline(self, cfg: Config | ConfigDict) -> Compose:
        self.load: Callable[[dict], dict] = build_loader(cfg)
        return build_pipeline(cfg, with_loader=False)

    def _init_collate(self, cfg: Config | ConfigDict) -> Callable:
        return pseudo_collate

    def _init_visualizer(self, cfg: Config | ConfigDict) -> None:
        # Built when it is first used: matplotlib takes longer to start than the model.
        self._style = dict(cfg.get('visualizer') or dict(type='PhraseVisualizer'))

    @property
    def visualizer(self) -> Visualizer:
        """What draws."""
        if self._visualizer is None:
            name = f'{type(self).__name__}-{id(self)}'
            style = dict(self._style, name=name, vis_backends=None)
            self._visualizer = VISUALIZERS.build(style)
        return self._visualizer

    @visualizer.setter
    def visualizer(self, visualizer: Visualizer | None) -> None:
        self._visualizer = visualizer

    def _load_model_from_metafile(self, model: str) -> tuple[Config, str | None]:
        return find_model(model)
