"""DyConv, the block over a pyramid, and what it is made of."""
