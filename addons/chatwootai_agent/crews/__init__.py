"""Who answers a customer: one crew class per channel, and the agents, prompts, tools and model it works with.

Nothing here imports odoo but `in_process`, and nothing imports crewai before a turn runs (`environment`).
"""
