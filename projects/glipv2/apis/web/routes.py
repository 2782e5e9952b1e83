"""The addresses that the web page answers; all others of gradio are switched off."""

import re
from urllib.parse import parse_qs

API = '/gradio_api'
UPLOAD = f'{API}/upload'
FILE = f'{API}/file='
# What the page's own script and gradio_client ask for, and nothing else.
_READ = (
    r'/|/config/?|/theme\.css|/favicon\.ico|/manifest\.json|/robots\.txt'
    r'|/(assets|static|svelte)/.+'
    rf'|{API}/(info/?|theme\.css|startup-events|queue/(data|status)|upload_progress'
    r'|heartbeat/\w+|call/(v2/)?(predict|label)/\w+|file=.+)'
)
_SEND = (
    rf'{UPLOAD}'
    rf'|{API}/(queue/join|call/(v2/)?(predict|label)/?|run/\w+/?|cancel|reset/?)'
)
_ROUTES = {
    'GET': re.compile(_READ),
    'HEAD': re.compile(_READ),
    'POST': re.compile(_SEND),
}
# Gradio would read a page's content from a file that a client may have uploaded.
_CLOSED_QUERY = 'deep_link'


def is_open(method: str, path: str, query: str) -> bool:
    """Tell whether the page answers a request.

    Args:
        method: Such as ``'GET'``.
        path: Decoded path.
        query: What follows the question mark.

    Returns:
        Whether the request may reach gradio.
    """
    route = _ROUTES.get(method)
    if route is None or route.fullmatch(path) is None:
        return False
    return _CLOSED_QUERY not in parse_qs(query, keep_blank_values=True)
