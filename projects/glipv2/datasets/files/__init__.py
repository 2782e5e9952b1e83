"""Files of annotations: encodings, indexes and what is kept beside them."""
