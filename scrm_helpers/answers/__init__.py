"""How answers look: results, numbers in words, figures and tables, the same in JupyterLab and in the report."""
