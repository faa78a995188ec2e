"""Influence graphs by hand."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array

from scrm_helpers.network.graph.tie_graph import CUSTOMER, InfluenceGraph


def graph_from_edges(edges: pd.DataFrame, roles: dict[str, str] | None = None) -> InfluenceGraph:
    """An influence graph from a list of edges: `source`, `target`, and `weight` where it is not one."""
    source, target = edges["source"].astype("str"), edges["target"].astype("str")
    people = pd.Index(sorted({*source, *target, *(roles or {})}), dtype="str")
    size = edges["weight"].to_numpy(dtype=np.float64) if "weight" in edges else np.ones(len(edges))
    ends = (people.get_indexer(pd.Index(source)), people.get_indexer(pd.Index(target)))
    weights = coo_array((size, ends), shape=(len(people), len(people))).tocsr()
    weights.sum_duplicates()
    role = np.array([(roles or {}).get(person, CUSTOMER) for person in people], dtype=object)
    return InfluenceGraph(people, role.astype(str), weights)
