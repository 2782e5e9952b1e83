"""K-LITE's GLIP-T (A): each name is read alone, with its definition.

GLIP's README has the settings: the first token of "name: definition", without fusion.
Definitions come with the data: `caption_prompt='FILE'` of a data set reads the file
`knowledge/odinw_benchmark35_knowledge_and_gpt3.yaml` of microsoft/GLIP. Without them
names are read bare.
"""

_base_ = './glip_t-a.py'

model = dict(text_encoder=dict(names_alone=True))
