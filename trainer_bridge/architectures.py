"""Small models to start from new weights: what a config is given where nobody says otherwise. No torch here.

The libraries' own defaults are those of published models, with 100 million weights and more; these have around
100,000, so that a run on a CPU takes seconds. Names are those of each architecture's config.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

#: The usual 0.02 suits models ten times as wide; a narrow one starts slowly with it.
_INITIALIZER_RANGE = 0.1
_TEXT = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "max_position_embeddings": 512,
    "initializer_range": _INITIALIZER_RANGE,
}
_GROUPED = {**_TEXT, "num_key_value_heads": 2, "max_position_embeddings": 1024}
_IMAGE = {
    "image_size": 32,
    "patch_size": 4,
    "hidden_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "initializer_range": _INITIALIZER_RANGE,
}
_SOUND = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "conv_dim": (32, 32, 32),
    "conv_stride": (5, 4, 4),
    "conv_kernel": (10, 8, 4),
    "num_feat_extract_layers": 3,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "classifier_proj_size": 64,
    # Masking spans of the sound is for much longer clips than one of a second.
    "mask_time_prob": 0.0,
    "layerdrop": 0.0,
}

#: Sizes that have a field of their own, as most configs call them.
SIZES = ("hidden_size", "num_hidden_layers", "num_attention_heads")
#: Architecture (transformers' ``model_type``) → config values.
SMALL: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "bert": _TEXT,
        "distilbert": {
            "dim": 64,
            "n_layers": 2,
            "n_heads": 4,
            "hidden_dim": 128,
            "max_position_embeddings": 512,
            "initializer_range": _INITIALIZER_RANGE,
        },
        # Positions of RoBERTa begin after the padding token's id.
        "roberta": {**_TEXT, "max_position_embeddings": 520},
        "electra": {**_TEXT, "embedding_size": 64},
        "albert": {**_TEXT, "embedding_size": 64},
        "gpt2": {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 1024},
        "llama": _GROUPED,
        "qwen2": _GROUPED,
        "mistral": _GROUPED,
        "t5": {
            "d_model": 64,
            "d_kv": 16,
            "d_ff": 128,
            "num_layers": 2,
            "num_decoder_layers": 2,
            "num_heads": 4,
        },
        "bart": {
            "d_model": 64,
            "encoder_layers": 2,
            "decoder_layers": 2,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 128,
            "decoder_ffn_dim": 128,
            "max_position_embeddings": 512,
        },
        "vit": _IMAGE,
        "convnext": {
            "image_size": 32,
            "patch_size": 2,
            "depths": (1, 1, 2, 1),
            "hidden_sizes": (16, 32, 48, 64),
        },
        "wav2vec2": _SOUND,
        "hubert": _SOUND,
    }
)
#: Encoders whose input says which of two texts a token belongs to.
WITH_TOKEN_TYPES = frozenset({"bert", "electra", "albert"})
#: Models that read text from left to right and mark no beginning or end by themselves.
DECODERS = frozenset({"gpt2", "llama", "qwen2", "mistral"})
#: Models that read a text and write another; texts end with a mark.
SEQ2SEQ = frozenset({"t5", "bart"})
