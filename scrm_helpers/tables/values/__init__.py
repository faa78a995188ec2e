"""From text to values: numbers, words, days, periods, ids; what is unclear is not guessed."""
