"""What a case is worth: draws, sensitivity, information, portfolio, the page for the board."""
