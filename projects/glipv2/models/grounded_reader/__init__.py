"""Our addition to VQA: questions read the image where their words are found."""
