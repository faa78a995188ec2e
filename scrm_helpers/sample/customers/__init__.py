"""Customers of the sample company and what they do: buy, refer, answer, write, have ideas."""
