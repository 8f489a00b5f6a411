"""What the forkserver holds warm, so that a training's first step comes in half a second instead of ten.

Imports only. A tensor operation here would start threads that a forked child does not have, and every child would
wait for them forever; touching an accelerator here would break it in every child. `import transformers` loads its
parts when they are asked for, so each part is named.
"""

import os

# Read by tokenizers when it is imported: its threads do not survive a fork either.
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import accelerate
import datasets
import psutil
import safetensors.torch
import sklearn.datasets
import sklearn.metrics
import sklearn.model_selection
import tokenizers
import torch
import torch.optim
import transformers.convert_slow_tokenizer
import transformers.data.data_collator
import transformers.hf_argparser
import transformers.integrations
import transformers.models.bart.modeling_bart
import transformers.models.bert.modeling_bert
import transformers.models.distilbert.modeling_distilbert
import transformers.models.gpt2.modeling_gpt2
import transformers.models.llama.modeling_llama
import transformers.models.t5.modeling_t5
import transformers.models.vit.image_processing_pil_vit
import transformers.models.vit.modeling_vit
import transformers.models.wav2vec2.feature_extraction_wav2vec2
import transformers.models.wav2vec2.modeling_wav2vec2
import transformers.tokenization_utils_tokenizers
import transformers.trainer
import transformers.trainer_callback
import transformers.training_args

import trainer_bridge.checkpoint_weights
import trainer_bridge.environment
import trainer_bridge.own.script_building
import trainer_bridge.own.script_training
import trainer_bridge.plain.skip_gram
import trainer_bridge.recipes
import trainer_bridge.spec

trainer_bridge.recipes.catalog()
