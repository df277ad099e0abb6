"""What the pages ask of the published marts: small functions, each returning a small aggregate.

Belongs here: SQL over marts, a module for each page. Does not belong here: anything of Streamlit.
"""
