"""How social each conversation is, from the customer's side and from the business's."""
