"""Who is tied to whom: centrality, communities, neighbours who are alike."""
