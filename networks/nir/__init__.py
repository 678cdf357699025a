"""Networks of other libraries through NIR, the Neuromorphic Intermediate Representation.

container     a file as a tree of numbers
nodes, structure      what nodes are, and a flat graph with shapes and an order
conventions   what files do not say, library by library
neurons, transforms, reading      a network of it
writing                           and back
"""

from networks.nir.container import Graph, GraphError, Node, read_graph, write_graph
from networks.nir.conventions import CONVENTIONS, NIR, Conventions
from networks.nir.reading import Imported, interpret, read
from networks.nir.writing import to_graph, write

__all__ = [
    "CONVENTIONS",
    "NIR",
    "Conventions",
    "Graph",
    "GraphError",
    "Imported",
    "Node",
    "interpret",
    "read",
    "read_graph",
    "to_graph",
    "write",
    "write_graph",
]
