"""What an initiative caused: one ladder of designs, from a lottery down to before-and-after, each with its grade."""
