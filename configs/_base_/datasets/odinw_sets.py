"""The 35 data sets of ODinW ("object detection in the wild", GLIP's release).

The one table for tests and transfer. `root` lies below data/odinw, `classes` are the
names in the annotation files, in their order, and `layout` says where the splits are.
Folders, splits, names and `prompts` are those of GLIP's configs/odinw_35.

`prompts` are GLIP's manual prompts (CAPTION_PROMPT) and the words by which it replaces
names (OVERRIDE_CATEGORY). GLIP leaves the stray name "bishop" of ChessPieces empty;
here it is asked for. GLIP's `plantdoc_100x100` is not one of the 35.
"""

odinw_root = 'data/odinw/'
odinw_ann_file = 'annotations_without_background.json'
# Per split the folder of the images, and what comes before the annotation file's name.
odinw_layouts = dict(
    folders=dict(train=('train/', ''), val=('valid/', ''), test=('test/', '')),
    # GLIP validates and tests zero-shot on a part of `valid/`.
    mini_val=dict(train=('train/', ''), val=('mini_val/', ''), test=('test/', '')),
    # There are no labels of PascalVOC's test part.
    no_test=dict(train=('train/', ''), val=('valid/', ''), test=('valid/', '')),
    one_folder=dict(train=('', 'train_'), val=('', 'val_'), test=('', 'test_')),
)

# fmt: off
odinw_sets = dict(
    AerialMaritimeDrone_large=dict(
        root='AerialMaritimeDrone/large/',
        classes=('boat', 'car', 'dock', 'jetski', 'lift'),
    ),
    AerialMaritimeDrone_tiled=dict(
        root='AerialMaritimeDrone/tiled/',
        classes=('boat', 'car', 'dock', 'jetski', 'lift'),
    ),
    AmericanSignLanguageLetters=dict(
        root='AmericanSignLanguageLetters/American Sign Language Letters.v1-v1.coco/',
        classes=tuple('ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
    ),
    Aquarium=dict(
        root='Aquarium/Aquarium Combined.v2-raw-1024.coco/',
        classes=(
            'fish', 'jellyfish', 'penguin', 'puffin', 'shark', 'starfish', 'stingray',
        ),
        prompts={
            'penguin': dict(suffix=', which is black and white'),
            'puffin': dict(suffix=' with orange beaks'),
            'stingray': dict(suffix=' which is flat and round'),
        },
    ),
    BCCD=dict(
        root='BCCD/BCCD.v3-raw.coco/',
        classes=('Platelets', 'RBC', 'WBC'),
    ),
    boggleBoards=dict(
        root='boggleBoards/416x416AutoOrient/export/',
        layout='one_folder',
        classes=(
            'Q', 'a', 'an', 'b', 'c', 'd', 'e', 'er', 'f', 'g', 'h', 'he', 'i', 'in',
            'j', 'k', 'l', 'm', 'n', 'o', 'o ', 'p', 'q', 'qu', 'r', 's', 't', 't\\',
            'th', 'u', 'v', 'w', 'wild', 'x', 'y', 'z',
        ),
    ),
    brackishUnderwater=dict(
        root='brackishUnderwater/960x540/',
        layout='mini_val',
        classes=('crab', 'fish', 'jellyfish', 'shrimp', 'small_fish', 'starfish'),
    ),
    ChessPieces=dict(
        root='ChessPieces/Chess Pieces.v23-raw.coco/',
        classes=(
            'bishop', 'black-bishop', 'black-king', 'black-knight', 'black-pawn',
            'black-queen', 'black-rook', 'white-bishop', 'white-king', 'white-knight',
            'white-pawn', 'white-queen', 'white-rook',
        ),
        prompts={
            f'{colour}-{piece}': dict(name=f'{colour} {piece}')
            for colour in ('black', 'white')
            for piece in ('bishop', 'king', 'knight', 'pawn', 'queen', 'rook')
        },
    ),
    CottontailRabbits=dict(
        root='CottontailRabbits/',
        classes=('Cottontail-Rabbit',),
        prompts={
            'Cottontail-Rabbit': dict(name='rabbit'),
        },
    ),
    dice=dict(
        root='dice/mediumColor/export/',
        layout='one_folder',
        classes=('1', '2', '3', '4', '5', '6'),
    ),
    DroneControl=dict(
        root='DroneControl/Drone Control.v3-raw.coco/',
        layout='mini_val',
        classes=(
            'follow', 'follow_hand', 'land', 'land_hand', 'null', 'object', 'takeoff',
            'takeoff-hand',
        ),
    ),
    EgoHands_generic=dict(
        root='EgoHands/generic/',
        layout='mini_val',
        classes=('hand',),
        prompts={
            'hand': dict(suffix=' of a person'),
        },
    ),
    EgoHands_specific=dict(
        root='EgoHands/specific/',
        layout='mini_val',
        classes=('myleft', 'myright', 'yourleft', 'yourright'),
    ),
    HardHatWorkers=dict(
        root='HardHatWorkers/raw/',
        classes=('head', 'helmet', 'person'),
    ),
    MaskWearing=dict(
        root='MaskWearing/raw/',
        classes=('mask', 'no-mask'),
    ),
    MountainDewCommercial=dict(
        root='MountainDewCommercial/',
        classes=('bottle',),
    ),
    NorthAmericaMushrooms=dict(
        root='NorthAmericaMushrooms/North American Mushrooms.v1-416x416.coco/',
        classes=('CoW', 'chanterelle'),
        prompts={
            'CoW': dict(name='flat mushroom'),
            'chanterelle': dict(name='yellow mushroom'),
        },
    ),
    openPoetryVision=dict(
        root='openPoetryVision/512x512/',
        layout='mini_val',
        classes=(
            'American Typewriter', 'Andale Mono', 'Apple Chancery', 'Arial', 'Avenir',
            'Baskerville', 'Big Caslon', 'Bradley Hand', 'Brush Script MT',
            'Chalkboard', 'Comic Sans MS', 'Copperplate', 'Courier', 'Didot', 'Futura',
            'Geneva', 'Georgia', 'Gill Sans', 'Helvetica', 'Herculanum', 'Impact',
            'Kefa', 'Lucida Grande', 'Luminari', 'Marker Felt', 'Menlo', 'Monaco',
            'Noteworthy', 'Optima', 'PT Sans', 'PT Serif', 'Palatino', 'Papyrus',
            'Phosphate', 'Rockwell', 'SF Pro', 'SignPainter', 'Skia', 'Snell Roundhand',
            'Tahoma', 'Times New Roman', 'Trebuchet MS', 'Verdana',
        ),
    ),
    OxfordPets_by_breed=dict(
        root='OxfordPets/by-breed/',
        layout='mini_val',
        classes=(
            'cat-Abyssinian', 'cat-Bengal', 'cat-Birman', 'cat-Bombay',
            'cat-British_Shorthair', 'cat-Egyptian_Mau', 'cat-Maine_Coon',
            'cat-Persian', 'cat-Ragdoll', 'cat-Russian_Blue', 'cat-Siamese',
            'cat-Sphynx', 'dog-american_bulldog', 'dog-american_pit_bull_terrier',
            'dog-basset_hound', 'dog-beagle', 'dog-boxer', 'dog-chihuahua',
            'dog-english_cocker_spaniel', 'dog-english_setter',
            'dog-german_shorthaired', 'dog-great_pyrenees', 'dog-havanese',
            'dog-japanese_chin', 'dog-keeshond', 'dog-leonberger',
            'dog-miniature_pinscher', 'dog-newfoundland', 'dog-pomeranian', 'dog-pug',
            'dog-saint_bernard', 'dog-samoyed', 'dog-scottish_terrier', 'dog-shiba_inu',
            'dog-staffordshire_bull_terrier', 'dog-wheaten_terrier',
            'dog-yorkshire_terrier',
        ),
    ),
    OxfordPets_by_species=dict(
        root='OxfordPets/by-species/',
        layout='mini_val',
        classes=('cat', 'dog'),
    ),
    PKLot=dict(
        root='PKLot/640/',
        layout='mini_val',
        classes=('space-empty', 'space-occupied'),
    ),
    Packages=dict(
        root='Packages/Raw/',
        classes=('package',),
        prompts={
            'package': dict(prefix='there is a ', suffix=' on the porch'),
        },
    ),
    PascalVOC=dict(
        root='PascalVOC/',
        layout='no_test',
        classes=(
            'aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat',
            'chair', 'cow', 'diningtable', 'dog', 'horse', 'motorbike', 'person',
            'pottedplant', 'sheep', 'sofa', 'train', 'tvmonitor',
        ),
    ),
    pistols=dict(
        root='pistols/export/',
        layout='one_folder',
        classes=('pistol',),
    ),
    plantdoc=dict(
        root='plantdoc/416x416/',
        classes=(
            'Apple Scab Leaf', 'Apple leaf', 'Apple rust leaf', 'Bell_pepper leaf',
            'Bell_pepper leaf spot', 'Blueberry leaf', 'Cherry leaf',
            'Corn Gray leaf spot', 'Corn leaf blight', 'Corn rust leaf', 'Peach leaf',
            'Potato leaf', 'Potato leaf early blight', 'Potato leaf late blight',
            'Raspberry leaf', 'Soyabean leaf', 'Soybean leaf',
            'Squash Powdery mildew leaf', 'Strawberry leaf', 'Tomato Early blight leaf',
            'Tomato Septoria leaf spot', 'Tomato leaf', 'Tomato leaf bacterial spot',
            'Tomato leaf late blight', 'Tomato leaf mosaic virus',
            'Tomato leaf yellow virus', 'Tomato mold leaf',
            'Tomato two spotted spider mites leaf', 'grape leaf',
            'grape leaf black rot',
        ),
    ),
    pothole=dict(
        root='pothole/',
        classes=('pothole',),
        prompts={
            'pothole': dict(
                prefix='there are some ', name='holes', suffix=' on the road'
            ),
        },
    ),
    Raccoon=dict(
        root='Raccoon/Raccoon.v2-raw.coco/',
        classes=('raccoon',),
    ),
    selfdrivingCar=dict(
        root='selfdrivingCar/fixedLarge/export/',
        layout='one_folder',
        classes=(
            'biker', 'car', 'pedestrian', 'trafficLight', 'trafficLight-Green',
            'trafficLight-GreenLeft', 'trafficLight-Red', 'trafficLight-RedLeft',
            'trafficLight-Yellow', 'trafficLight-YellowLeft', 'truck',
        ),
    ),
    ShellfishOpenImages=dict(
        root='ShellfishOpenImages/raw/',
        classes=('Crab', 'Lobster', 'Shrimp'),
    ),
    ThermalCheetah=dict(
        root='ThermalCheetah/',
        classes=('cheetah', 'human'),
    ),
    thermalDogsAndPeople=dict(
        root='thermalDogsAndPeople/',
        classes=('dog', 'person'),
    ),
    UnoCards=dict(
        root='UnoCards/raw/',
        layout='mini_val',
        classes=tuple(str(number) for number in range(15)),
    ),
    VehiclesOpenImages=dict(
        root='VehiclesOpenImages/416x416/',
        layout='mini_val',
        classes=('Ambulance', 'Bus', 'Car', 'Motorcycle', 'Truck'),
    ),
    WildfireSmoke=dict(
        root='WildfireSmoke/',
        classes=('smoke',),
    ),
    websiteScreenshots=dict(
        root='websiteScreenshots/',
        layout='mini_val',
        classes=(
            'button', 'field', 'heading', 'iframe', 'image', 'label', 'link', 'text',
        ),
    ),
)
# fmt: on

# ODinW-13 of the papers, in the order of their tables.
odinw13 = (
    'PascalVOC',
    'AerialMaritimeDrone_large',
    'Aquarium',
    'CottontailRabbits',
    'EgoHands_generic',
    'NorthAmericaMushrooms',
    'Packages',
    'Raccoon',
    'ShellfishOpenImages',
    'VehiclesOpenImages',
    'pistols',
    'pothole',
    'thermalDogsAndPeople',
)
