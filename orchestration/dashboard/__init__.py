"""The dashboard: pages of pictures and tables from the published marts, in a browser."""
