"""The export itself: its bytes, its header, its cells; what a profile says of them."""
