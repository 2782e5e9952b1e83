"""WordRelations against a loop over pairs of words."""

import torch

from glipv2.models.grounded_reader.word_relations import WordRelations


@torch.no_grad()
def test_a_word_reads_how_far_others_are_from_it() -> None:
    relations = WordRelations(8, 2, 6)
    text, places = torch.randn(2, 4, 8), 4 * torch.rand(2, 4, 2)
    mask = torch.tensor([[True] * 4, [True, True, True, False]])
    found = relations(text, mask, places)
    query = relations.query(text).unflatten(-1, (2, 4))
    key = relations.key(text).unflatten(-1, (2, 4))
    for row in range(2):
        others = mask[row].nonzero()[:, 0].tolist()
        for word in others:
            heads = []
            for head in range(2):
                scores = torch.stack(
                    [query[row, word, head] @ key[row, x, head] / 2 for x in others]
                )
                values = torch.stack(
                    [
                        relations.value((places[row, word] - places[row, x]) / 2)
                        for x in others
                    ]
                )
                heads.append(scores.softmax(0) @ values)
            torch.testing.assert_close(
                found[row, word], relations.out(torch.cat(heads))
            )
