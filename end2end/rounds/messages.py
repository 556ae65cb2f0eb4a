#!/usr/bin/env python3
"""Writes fifty messages as real programs write them, and what is to be kept of each, the same for the same seed.

    messages.py FOLDER --me ADDRESS --friend ADDRESS [--seed NUMBER] [--few]

FOLDER gets NN-name.eml, and expected.json: what is seen in order, what is hidden, pictures and files by their digests.
"""

import argparse
import json
from pathlib import Path

from letter import Letter
from letters import apple, files, machines, newsletters, outlook, plain, webmail

# Those that have found something, or are unlike the rest: enough for every day.
FEW = """mjml foundation receipt table_with_pictures paper_between pictures_between_plain gmail_levels one_id_twice flowed
mutt_koi8 signed_above_quote texts_as_files""".split()

MAKERS = [maker for kind in (newsletters, outlook, apple, webmail, plain, machines, files) for maker in kind.MAKERS]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--me", required=True)
    arguments.add_argument("--friend", required=True)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--few", action="store_true", help="a spread of them")
    chosen = arguments.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    letters = [
        maker(Letter(maker.__name__, number, chosen.seed, chosen.me, chosen.friend))
        for number, maker in enumerate(MAKERS, 1)
        if maker.__name__ in FEW or not chosen.few
    ]
    for letter in letters:
        (chosen.folder / letter.file_name).write_bytes(letter.raw)
    expected = [letter.expected() for letter in letters]
    (chosen.folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1))
    print(f"{len(letters)} messages")


if __name__ == "__main__":
    main()
