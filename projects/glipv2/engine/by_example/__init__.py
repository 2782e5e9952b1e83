"""Examples from images: their queries, and banks of them."""
