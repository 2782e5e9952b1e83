"""Labels for a folder of images, by a trained model, in the formats of other tools."""
