"""What the sample company does: initiatives, their cases, goals, stores and employees."""
