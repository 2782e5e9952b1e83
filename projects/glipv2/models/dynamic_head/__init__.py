"""DyConv, the convolutions over a pyramid, and its parts."""
