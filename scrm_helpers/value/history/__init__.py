"""Purchase histories: from orders to what a model needs of each customer."""
