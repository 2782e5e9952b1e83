"""Parts of the page made of a prediction."""

from glipv2.apis.web.results import sentence_html, summary, table_html
from glipv2.drawing.colours import phrase_colours
from glipv2.drawing.sentence import mark_html

COLOURS = phrase_colours(3)


def test_phrases_have_the_colours_of_their_boxes() -> None:
    phrases = [
        dict(phrase='a dog', tokens_positive=[[0, 5]], boxes=[0]),
        dict(phrase='a <b>', tokens_positive=[[10, 15]], boxes=[]),
    ]
    html = sentence_html(dict(sentence='a dog and a <b>', phrases=phrases))
    assert f'{mark_html("a dog", COLOURS[0])} and ' in html
    assert mark_html('a <b>', COLOURS[1]) in html and '<b>' not in html


def test_found_names_have_the_colours_of_their_labels() -> None:
    html = sentence_html(dict(labels=[2, 0, 2], label_names=['cat', 'dog', 'cat']))
    assert html.index(mark_html('dog', COLOURS[0])) < html.index(
        mark_html('cat', COLOURS[2])
    )
    assert html.count('<mark') == 2


def test_without_boxes_the_answer_is_written() -> None:
    assert '>1 &lt; 2<' in sentence_html(dict(answer='1 < 2'))
    assert 'nothing found' in sentence_html(dict(labels=[], label_names=[]))


def test_rows_know_their_box_and_what_was_written_is_escaped() -> None:
    found = dict(
        labels=[0], label_names=['<b>'], scores=[0.456], bboxes=[[1.0, 2.0, 30.0, 4.0]]
    )
    html = table_html(found)
    assert 'data-box="1.0 2.0 30.0 4.0"' in html
    assert '&lt;b&gt;' in html and '<b>' not in html and '>0.456<' in html
    answers = table_html(dict(answers=[dict(answer='1 < 2', score=0.5)]))
    assert '1 &lt; 2' in answers and 'data-box' not in answers
    assert table_html(dict(labels=[])) == ''


def test_nothing_found_says_which_score_shows_a_box() -> None:
    line = summary(dict(labels=[]), 0.1, best_score=0.2199)
    assert line.endswith('0 boxes · the best one has a score of 0.21')


def test_words_of_a_model_are_no_markdown() -> None:
    line = summary(dict(answer='![x](http://a/b) <img src=c> *d*'), 0.1)
    assert line.endswith(r'answer: \!\[x\]\(http://a/b\) \<img src=c\> \*d\*')
