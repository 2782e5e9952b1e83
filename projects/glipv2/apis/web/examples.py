"""Images for the web page to click on."""

from pathlib import Path

from PIL import Image
from skimage import data


def example_images(
    folder: Path, scenes: Path, tasks: list[str]
) -> list[tuple[str, str, str]]:
    """Choose images to click on, with a task that the model can do.

    Args:
        folder: Where photographs are written.
        scenes: EmojiScenes, or where it would be.
        tasks: What the model can do.

    Returns:
        Image file, task and text; the quickstart's images where they are.
    """
    coffee, cat = folder / 'coffee.png', folder / 'cat.png'
    Image.fromarray(data.coffee()).save(coffee)
    Image.fromarray(data.cat()).save(cat)
    chosen = [
        (scenes / 'demo' / 'photo.jpg', 'detection', 'red apple . dog face . rocket'),
        (scenes / 'demo' / 'photo.jpg', 'grounding', 'a dog face and a red apple'),
        (scenes / 'val' / '000000.jpg', 'grounded_caption', ''),
        (scenes / 'val' / '000001.jpg', 'vqa', 'how many apples are there?'),
        (coffee, 'detection', 'cup . spoon . saucer'),
        (cat, 'segmentation', 'cat'),
    ]
    return [
        (str(image), task, text)
        for image, task, text in chosen
        if task in tasks and image.is_file()
    ]
