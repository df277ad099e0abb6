"""Charts of the pages, as Vega-Lite, a module for each page that has some of its own.

Belongs here: how a picture looks. Does not belong here: charts that the report shows as well
(`orchestration.pictures`), SQL, Streamlit.
"""
