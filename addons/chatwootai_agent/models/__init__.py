from . import agent_config, res_company, res_config_settings
