"""What they did after answering, beside what they said."""
