"""What a job writes for people is written in their company's language: a job has no user whose language to take."""


def in_company_language(env):
    return env(context={**env.context, "lang": env.company.sudo().partner_id.lang})
