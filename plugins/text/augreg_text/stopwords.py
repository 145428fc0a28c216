"""English words that carry grammar rather than meaning; WordNet knows some of them as nouns ("he": helium)."""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
    a about above after again against ain't all also am an and any anyone anything are aren't around as at away
    be because been before being below between both but by can can't cannot could couldn't did didn't do does
    doesn't doing don't done down during each either else ever every everyone everything few for from further
    had hadn't has hasn't have haven't having he he'd he'll he's her here hers herself him himself his how
    however i i'd i'll i'm i've if in into is isn't it it's its itself just least less let let's like many may
    me might mine more most much must mustn't my myself near needn't neither never no nobody none nor not
    nothing now of off often on once one only onto or other others ought our ours ourselves out over own per
    perhaps quite rather same shall she she'd she'll she's should shouldn't since so some somebody someone
    something soon still such than that that's the their theirs them themselves then there there's these they
    they'd they'll they're they've this those though through thus to too toward towards under until unto up upon
    us very via was wasn't we we'd we'll we're we've well were weren't what what's whatever when whenever where
    wherever whether which while who who's whoever whom whose why will with within without won't would wouldn't
    yes yet you you'd you'll you're you've your yours yourself yourselves
"""
STOPWORDS: Final = frozenset(_WORDS.split())
"""In lower case."""
