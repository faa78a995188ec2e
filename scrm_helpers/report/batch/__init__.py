"""Many reports of one company: its parts, one after the other in warm kernels, with an index over them."""
