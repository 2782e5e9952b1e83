"""Images of every form: their files, sizes and pixels."""
