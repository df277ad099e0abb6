"""The pages on customers and their value in plain Python, brute force.

Belongs here: what ``orders``, ``order_lines``, ``rfm_segments`` and the other marts of customers
must say of a settled shop (``tests.reference.kpis.shop``). Does not belong here: KPIs.
"""
