"""CLIP's text tower with bidirectional attention (GLIP's code, GLIPv2-B and H).

Parameters are named as in transformers' ``CLIPTextModel``. Shapes: B texts, T tokens,
C channels.
"""

import torch
import torch.nn.functional as F
from torch import BoolTensor, LongTensor, Tensor, nn
from transformers import CLIPTextConfig
from transformers.modeling_outputs import BaseModelOutput

from ..device.precision import at_least_float32
from ..layers.kv_cache import KVCache
from ..layers.text_layer import self_attention

PREFIX = 'text_model.'  # of transformers' names


def quick_gelu(x: Tensor) -> Tensor:
    """Approximate GELU as CLIP does."""
    return x * torch.sigmoid(1.702 * x)


ACTIVATIONS = {'quick_gelu': quick_gelu, 'gelu': F.gelu}


class ClipAttention(nn.Module):
    """Self-attention over the words.

    Args:
        dim: C.
        num_heads: Attention heads.

    Raises:
        ValueError: If ``num_heads`` does not divide ``dim``.
    """

    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        if dim % num_heads:
            raise ValueError(f'dim {dim} is not a multiple of num_heads {num_heads}')
        self.num_heads = num_heads
        self.q_proj, self.k_proj = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.v_proj, self.out_proj = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(
        self, x: Tensor, mask: BoolTensor, cache: KVCache | None = None
    ) -> Tensor:
        """Attend; ``x`` is (B, T, C), the rest as in :func:`self_attention`."""
        query, key, value = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        return self.out_proj(
            self_attention(query, key, value, self.num_heads, mask, cache=cache)
        )


class ClipLayer(nn.Module):
    """One pre-norm transformer layer.

    Args:
        dim: C.
        num_heads: Attention heads.
        feedforward_dim: Channels inside the feed-forward part.
        activation: ``'quick_gelu'`` (CLIP) or ``'gelu'``.
        eps: Of the layer norms.

    Raises:
        ValueError: If ``num_heads`` does not divide ``dim`` or the activation is
            unknown.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int,
        feedforward_dim: int,
        activation: str = 'quick_gelu',
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(
                f'the activation must be one of {tuple(ACTIVATIONS)}, not '
                f'{activation!r}'
            )
        self.activation = activation
        self.self_attn = ClipAttention(dim, num_heads)
        self.layer_norm1 = nn.LayerNorm(dim, eps=eps)
        self.mlp = nn.ModuleDict(
            dict(
                fc1=nn.Linear(dim, feedforward_dim), fc2=nn.Linear(feedforward_dim, dim)
            )
        )
        self.layer_norm2 = nn.LayerNorm(dim, eps=eps)

    def forward(
        self, x: Tensor, mask: BoolTensor, cache: KVCache | None = None
    ) -> Tensor:
        """Let the words of each text attend to each other.

        Args:
            x: (B, T, C).
            mask: As in :func:`self_attention`.
            cache: Likewise.

        Returns:
            (B, T, C).
        """
        x = x + self.self_attn(self.layer_norm1(x), mask, cache)
        inner = ACTIVATIONS[self.activation](self.mlp['fc1'](self.layer_norm2(x)))
        return x + self.mlp['fc2'](inner)


class ClipText(nn.Module):
    """CLIP's text encoder for word features.

    CLIP attends causally and keeps one vector; here every word attends to all real
    words, and all word features are kept (GLIP's code).

    Args:
        config: The sizes; ``max_position_embeddings`` may be more than CLIP's 77.
        causal: Whether words attend to those before them only, as in CLIP itself.
    """

    def __init__(self, config: CLIPTextConfig, causal: bool = False) -> None:
        super().__init__()
        self.config = config
        self.causal = causal
        dim = config.hidden_size
        self.embeddings = nn.ModuleDict(
            dict(
                token_embedding=nn.Embedding(config.vocab_size, dim),
                position_embedding=nn.Embedding(config.max_position_embeddings, dim),
            )
        )
        self.encoder = nn.ModuleDict(
            dict(
                layers=nn.ModuleList(
                    ClipLayer(
                        dim,
                        config.num_attention_heads,
                        config.intermediate_size,
                        config.hidden_act,
                        config.layer_norm_eps,
                    )
                    for _ in range(config.num_hidden_layers)
                )
            )
        )
        self.final_layer_norm = nn.LayerNorm(dim, eps=config.layer_norm_eps)
        for embedding in self.embeddings.values():
            nn.init.normal_(embedding.weight, std=0.02)

    def get_input_embeddings(self) -> nn.Embedding:
        """Return the word embeddings, as transformers' models do."""
        return self.embeddings['token_embedding']

    def embed(self, ids: LongTensor, positions: LongTensor) -> Tensor:
        """Embed tokens and their positions.

        Args:
            ids: (B, T) int64 token ids.
            positions: (T,) int64.

        Returns:
            (B, T, C).
        """
        words = self.embeddings['token_embedding'](ids)
        return words + self.embeddings['position_embedding'](positions)

    def forward(self, input_ids: LongTensor, attention_mask: Tensor) -> BaseModelOutput:
        """Encode tokens.

        Args:
            input_ids: (B, T) int64 token ids.
            attention_mask: (B, T), not zero for real tokens.

        Returns:
            With ``last_hidden_state`` (B, T, C).
        """
        positions = torch.arange(input_ids.shape[1], device=input_ids.device)
        x = self.embed(input_ids, positions)
        mask = attention_mask.bool()
        if self.causal:
            mask = mask[:, None] & (positions[:, None] >= positions)
        for layer in self.encoder['layers']:
            x = layer(x, mask)
        return BaseModelOutput(last_hidden_state=self.final_layer_norm(x))

    def load_transformers_weights(self, weights: dict[str, Tensor]) -> None:
        """Load the weights of transformers' ``CLIPTextModel``.

        Args:
            weights: Its state dict; fewer positions are stretched to this model's.

        Raises:
            RuntimeError: If a weight is missing, left over or of another size.
        """
        own = {
            key.removeprefix(PREFIX): value
            for key, value in weights.items()
            if not key.endswith('position_ids')  # a buffer of old files
        }
        key = 'embeddings.position_embedding.weight'
        count = self.config.max_position_embeddings
        if key in own and len(own[key]) < count:
            own[key] = stretch_positions(own[key], count)
        self.load_state_dict(own)


def stretch_positions(positions: Tensor, count: int) -> Tensor:
    """Interpolate position embeddings linearly (GLIP's code: 77 to 256).

    Args:
        positions: (P, C).
        count: Number of positions wanted.

    Returns:
        (count, C).
    """
    columns = at_least_float32(positions).T[None]  # (1, C, P)
    stretched = F.interpolate(columns, count, mode='linear', align_corners=False)
    return stretched[0].T.to(positions.dtype)
