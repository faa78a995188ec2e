"""Tables of one company from the exports of several vendors: people, appended files, what was left out, links."""
