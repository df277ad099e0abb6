"""What Streamlit runs for every look at a page; all of it stands in `orchestration.dashboard`."""

from orchestration.dashboard.frame import draw

draw()
