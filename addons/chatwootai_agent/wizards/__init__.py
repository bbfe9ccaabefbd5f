from . import agent_settings, connect, res_config_settings
