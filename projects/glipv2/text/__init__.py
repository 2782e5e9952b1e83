"""Words before they are tensors: names, prompts, tokens, answers and tasks."""
