"""ODinW's 35 archives as published with GLIP: folders, file names, parts."""

from pathlib import Path

from mmengine.config import Config

from tests.public_layouts.scenes import SCENES, write_image, write_json

ROOT = Path(__file__).parents[2]
# As in microsoft/GLIP's configs/odinw_35; parts are train, valid and test if not named.
THREE = ('train', 'valid', 'test')
WITH_MINI_VAL = (*THREE, 'mini_val')
FOLDERS = {
    'AerialMaritimeDrone/large': THREE,
    'AerialMaritimeDrone/tiled': THREE,
    'AmericanSignLanguageLetters/American Sign Language Letters.v1-v1.coco': THREE,
    'Aquarium/Aquarium Combined.v2-raw-1024.coco': THREE,
    'BCCD/BCCD.v3-raw.coco': THREE,
    'ChessPieces/Chess Pieces.v23-raw.coco': THREE,
    'CottontailRabbits': THREE,
    'DroneControl/Drone Control.v3-raw.coco': WITH_MINI_VAL,
    'EgoHands/generic': WITH_MINI_VAL,
    'EgoHands/specific': WITH_MINI_VAL,
    'HardHatWorkers/raw': THREE,
    'MaskWearing/raw': THREE,
    'MountainDewCommercial': THREE,
    'NorthAmericaMushrooms/North American Mushrooms.v1-416x416.coco': THREE,
    'OxfordPets/by-breed': WITH_MINI_VAL,
    'OxfordPets/by-species': WITH_MINI_VAL,
    'PKLot/640': WITH_MINI_VAL,
    'Packages/Raw': THREE,
    'PascalVOC': ('train', 'valid'),
    'Raccoon/Raccoon.v2-raw.coco': THREE,
    'ShellfishOpenImages/raw': THREE,
    'ThermalCheetah': THREE,
    'UnoCards/raw': WITH_MINI_VAL,
    'VehiclesOpenImages/416x416': WITH_MINI_VAL,
    'WildfireSmoke': THREE,
    'brackishUnderwater/960x540': WITH_MINI_VAL,
    'openPoetryVision/512x512': WITH_MINI_VAL,
    'plantdoc/416x416': THREE,
    'pothole': THREE,
    'thermalDogsAndPeople': THREE,
    'websiteScreenshots': WITH_MINI_VAL,
}
# One folder of images with a file for each part.
EXPORTS = (
    'boggleBoards/416x416AutoOrient/export',
    'dice/mediumColor/export',
    'pistols/export',
    'selfdrivingCar/fixedLarge/export',
)
CLEAN = 'annotations_without_background.json'  # GLIP's, without Roboflow's category 0
RAW = '_annotations.coco.json'


def write_odinw(data: Path) -> None:
    """Write ``data/odinw``."""
    table = Config.fromfile(ROOT / 'configs/_base_/datasets/odinw_sets.py').odinw_sets
    classes = {each.root.rstrip('/'): each.classes for each in table.values()}
    for folder, parts in FOLDERS.items():
        for part in parts:
            write_part(data / 'odinw' / folder / part, '', classes[folder])
    for folder in EXPORTS:
        for part in ('train', 'val', 'test'):
            write_part(data / 'odinw' / folder, f'{part}_', classes[folder])


def write_part(folder: Path, prefix: str, classes: tuple[str, ...]) -> None:
    """Write a part of a set.

    Args:
        folder: Of its images.
        prefix: Of the annotation files' names.
        classes: The set's names.
    """
    images, annotations = [], []
    for number, scene in enumerate(SCENES):
        name = f'{prefix}IMG_{number}_jpg.rf.{number:032x}.jpg'
        write_image(folder / name, scene.size)
        images.append(
            dict(
                id=number,
                license=1,
                file_name=name,
                height=scene.size[1],
                width=scene.size[0],
                date_captured='2020-11-18T19:53:47+00:00',
            )
        )
        annotations += [
            dict(
                id=len(annotations) + place, image_id=number,
                category_id=(number + place) % len(classes) + 1, bbox=list(thing.box),
                area=thing.box[2] * thing.box[3], segmentation=[], iscrowd=0,
            )
            for place, thing in enumerate(scene.things)
        ]  # fmt: skip
    named = [
        dict(id=number, name=name, supercategory='things')
        for number, name in enumerate(classes, start=1)
    ]
    content = dict(
        info=dict(year='2020', version='2', contributor='Roboflow'), licenses=[],
        categories=named, images=images, annotations=annotations,
    )  # fmt: skip
    write_json(folder / f'{prefix}{CLEAN}', content)
    dummy = dict(id=0, name='things', supercategory='none')
    write_json(folder / f'{prefix}{RAW}', dict(content, categories=[dummy, *named]))
