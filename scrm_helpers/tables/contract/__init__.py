"""What a company hands to the kit: tables, columns, settings, and the words for what is wrong with them."""
