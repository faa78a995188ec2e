"""From a company folder to a report: parameters, notebook sessions, kernels, proof that all ran, and the page."""
