"""Task modules, as in mmdet."""
