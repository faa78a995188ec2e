"""What a reader opens: the page, the sheets and pictures beside it, and the privacy of both."""
