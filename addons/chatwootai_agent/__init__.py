from . import controllers, models, wizards

from odoo.addons.chatwootai_mcp.crons_at_start import run_at_start

run_at_start("chatwootai_agent.cron_sweep")
