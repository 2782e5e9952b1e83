"""PromptOffsets: prompt tuning, learnt offsets on the words P0 of fixed prompts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import torch.distributed as dist
from mmengine.model import BaseModule
from torch import BoolTensor, LongTensor, Tensor, nn

from ...checkpoint.loading import load_checkpoint_safely
from ...checkpoint.whole_files import save_whole
from ...structures.word_features import WordFeatures

FORMAT = 'glipv2 prompt offsets, version 1'
NO_TOKEN = -1  # after the last token of a prompt


class PromptOffsets(BaseModule):
    """Adds learnt offsets to P0, one vector for each word of a fixed prompt.

    GLIP's ``language_prompt_v2``: the offsets start from zero, all else is frozen. A
    prompt is recognised by its token ids; the words of a prompt without offsets do not
    change by a bit. Offsets of other tasks are loaded from files and not trained.

    Args:
        channels: C of a word.
        max_tokens: Maximum number of tokens in a prompt.
        num_prompts: Number of prompts that are tuned: the first that training shows.
            A long class list is cut into several prompts.
        init_cfg: As in every mmengine module.
    """

    def __init__(
        self,
        channels: int,
        max_tokens: int = 256,
        num_prompts: int = 0,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.channels = channels
        self.num_prompts = num_prompts
        self.names: list[str] = []  # per loaded row; a file has one or more
        shape = (num_prompts, max_tokens)
        if num_prompts:
            self.weight = nn.Parameter(torch.zeros(*shape, channels))
            self.register_buffer('ids', torch.full(shape, NO_TOKEN))
        # Not in checkpoints: loaded offsets are no weights of the base model.
        empty = torch.zeros(0, max_tokens, channels)
        self.register_buffer('loaded_weight', empty, persistent=False)
        ids = torch.zeros(0, max_tokens, dtype=torch.long)
        self.register_buffer('loaded_ids', ids, persistent=False)

    def forward(self, words: WordFeatures) -> WordFeatures:
        """Add the offsets of the prompts that have any.

        Args:
            words: P0 of B prompts, features (B, T, C).

        Returns:
            The words; the same object if no prompt has offsets.

        Raises:
            ValueError: If training shows more prompts than ``num_prompts``.
        """
        if not self.num_prompts and not self.names:
            return words
        ids = self._key_of(words)  # (B, max_tokens)
        known, table = self.loaded_ids, self.loaded_weight
        if self.num_prompts:
            if self.training:
                self.register(ids)
            # Tuned offsets come first, so that they win over loaded ones.
            known = torch.cat([self.ids, known])
            table = torch.cat([self.weight, table])
        matches = (ids[:, None] == known[None]).all(-1)  # (B, prompts)
        if not matches.any():
            return words
        rows = matches.int().argmax(1)  # of a prompt without offsets: any
        offsets = table[rows, : words.ids.shape[1]] * matches.any(1)[:, None, None]
        return words.with_features(words.features + offsets.to(words.features))

    def save(self, path: str | Path, name: str, texts: Sequence[str] = ()) -> None:
        """Write the tuned prompts to a file, in half precision.

        Args:
            path: The file, 2 bytes per channel and word plus about 2 kB.
            name: The name of the task.
            texts: Class names, as information for people.

        Raises:
            ValueError: If no prompt was tuned.
        """
        lengths = (self.ids != NO_TOKEN).sum(1) if self.num_prompts else []
        prompts = [
            dict(
                ids=self.ids[row, :length].cpu().clone(),
                offsets=self.weight[row, :length].detach().half().cpu().clone(),
            )
            for row, length in enumerate(map(int, lengths))
            if length
        ]
        if not prompts:
            raise ValueError(f'no prompt was tuned, so {path} would hold nothing')
        content = dict(
            meta=dict(format=FORMAT, name=name, texts=list(texts)), prompts=prompts
        )
        save_whole(Path(path), content)

    def load(self, path: str | Path) -> str:
        """Load the offsets of a file, beside those already here.

        Args:
            path: A file written by :meth:`save`.

        Returns:
            The task's name.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it is damaged, belongs to another text encoder, or to a
                task or prompt that already has offsets.
        """
        content = load_checkpoint_safely(path)
        meta = content.get('meta', {})
        if not isinstance(meta, Mapping) or meta.get('format') != FORMAT:
            raise ValueError(f'{path} is no file of prompt offsets')
        try:
            ids, weight = self._rows_of(content['prompts'], path)
            name = meta['name']
            if not isinstance(name, str):
                raise TypeError('the name is no text')
            if not len(ids):
                raise TypeError('there is no prompt')
        except (LookupError, TypeError, AttributeError, RuntimeError) as error:
            raise ValueError(f'{path} is damaged: copy it again') from error
        if name in self.names:
            raise ValueError(f'{path}: offsets of the task {name!r} are already loaded')
        taken = (ids[:, None] == self.loaded_ids.cpu()[None]).all(-1)
        if taken.any():
            other = self.names[int(taken.nonzero()[0, 1])]
            raise ValueError(
                f'{path}: its prompt already has offsets, of the task {other!r}; '
                'remove these first'
            )
        self.names += [name] * len(ids)
        self.loaded_ids = torch.cat([self.loaded_ids, ids.to(self.loaded_ids)])
        self.loaded_weight = torch.cat(
            [self.loaded_weight, weight.to(self.loaded_weight)]
        )
        return name

    @torch.no_grad()
    def forget_tuned(self) -> None:
        """Reset the tuned offsets; loaded files stay."""
        if self.num_prompts:
            self.weight.zero_()
            self.ids.fill_(NO_TOKEN)

    def remove(self, name: str) -> None:
        """Unload the offsets of a file; the base model's words come back.

        Args:
            name: The name of the task.

        Raises:
            KeyError: If no offsets of that name are loaded.
        """
        if name not in self.names:
            known = ', '.join(dict.fromkeys(self.names)) or 'none'
            raise KeyError(f'no offsets of {name!r} are loaded, but {known}')
        keep = [row for row, other in enumerate(self.names) if other != name]
        self.names = [self.names[row] for row in keep]
        self.loaded_ids = self.loaded_ids[keep]
        self.loaded_weight = self.loaded_weight[keep]

    def _key_of(self, words: WordFeatures) -> LongTensor:
        """Pad the token ids of B prompts to (B, max_tokens)."""
        ids = words.ids.masked_fill(~words.mask, NO_TOKEN)
        missing = self.loaded_ids.shape[1] - ids.shape[1]
        return nn.functional.pad(ids, (0, missing), value=NO_TOKEN)

    def register(self, ids: LongTensor) -> None:
        """Give each new prompt a row of offsets, the same in every process.

        As long as a row is free, all processes have to call this equally often.

        Args:
            ids: (B, max_tokens) token ids, ``NO_TOKEN`` after the last; B may be 0.

        Raises:
            ValueError: If there are more prompts than rows.
        """
        taken = (self.ids != NO_TOKEN).any(1)
        free = int((~taken).sum())
        new = ids[~self._are_known(ids)].unique(dim=0)
        if free:
            new = _of_all_processes(new, free + 1)
            new = new[~self._are_known(new)].unique(dim=0)
        if len(new) > free:
            raise ValueError(
                f'prompt tuning has offsets for {self.num_prompts} prompts, but '
                'training shows more. Keep the names in a fixed order with '
                'SampleDetectionPrompt(num_categories=-1, shuffle=False), or '
                'raise text_encoder.tuned_prompts'
            )
        if len(new):
            self.ids[self.num_prompts - free :][: len(new)] = new

    def register_none(self) -> None:
        """Take part in the collective of :meth:`register` without a prompt."""
        if self.num_prompts and self.training:
            self.register(self.ids[:0])

    def _are_known(self, ids: LongTensor) -> BoolTensor:
        return (ids[:, None] == self.ids[None]).all(-1).any(1)

    def _rows_of(
        self, prompts: Sequence[Mapping], path: str | Path
    ) -> tuple[LongTensor, Tensor]:
        """Pad the prompts of a file to (rows, max_tokens)."""
        width = self.loaded_ids.shape[1]
        ids = torch.full((len(prompts), width), NO_TOKEN)
        weight = torch.zeros(len(prompts), width, self.channels)
        for row, prompt in enumerate(prompts):
            if prompt['ids'].shape != prompt['offsets'].shape[:1]:
                raise TypeError('not an offset for each token')
            length, channels = prompt['offsets'].shape
            if not prompt['offsets'].isfinite().all():
                raise TypeError('an offset is no finite number')
            if channels != self.channels or length > width:
                raise ValueError(
                    f'{path} is of another text encoder: {length} words of {channels} '
                    f'channels, but this one has at most {width} of {self.channels}'
                )
            ids[row, :length] = prompt['ids']
            weight[row, :length] = prompt['offsets'].float()
        return ids, weight


def _of_all_processes(rows: LongTensor, most: int) -> LongTensor:
    """Join the first ``most`` rows (n, T) of every process; shorter ones are padded."""
    if not (dist.is_available() and dist.is_initialized()):
        return rows
    padded = rows.new_full((most, rows.shape[1]), NO_TOKEN)
    padded[: min(most, len(rows))] = rows[:most]
    parts = [torch.empty_like(padded) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, padded)
    joined = torch.cat(parts)
    return joined[(joined != NO_TOKEN).any(1)]
